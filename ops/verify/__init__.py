"""Proves that an index holds exactly the table's items, and repairs what differs."""
