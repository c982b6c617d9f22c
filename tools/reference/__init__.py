"""Generates the reference tables of the docs from the program itself: `make docs`."""
