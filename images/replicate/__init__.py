"""The backfill: the whole table into an index, while its stream is live."""
