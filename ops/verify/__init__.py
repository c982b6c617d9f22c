"""The proof that an index holds exactly the table's items, and the repair of what differs."""
