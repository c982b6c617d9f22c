"""Settles every record that was parked or given up, by its item's present state; start at run.py."""
