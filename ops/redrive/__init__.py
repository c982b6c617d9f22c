"""Redrive: every record that rests somewhere is settled by its item's present state; start at run.py."""
