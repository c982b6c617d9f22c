"""The collection and who reaches it."""
