"""Applies the program, `__main__.py`, to the embedded AWS."""
