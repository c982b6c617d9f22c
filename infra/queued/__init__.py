"""A function behind a queue."""
