"""The consumers, their indexes and the backfill."""
