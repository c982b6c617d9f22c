"""Measures how fast the sync is: against the index's own limit, against what others do, and in CPU a record."""
