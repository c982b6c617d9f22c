"""From the table's items to the index."""
