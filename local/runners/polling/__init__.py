"""Walks a stream's shards in order."""
