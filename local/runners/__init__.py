"""Runs what AWS runs outside the functions: one room a kind of runner. Start at part.py."""
