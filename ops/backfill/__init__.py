"""Fills an index from the whole table, while changes go on: drives the function `replicate`, segment by segment."""
