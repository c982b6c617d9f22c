"""The write and search API in front of the table and its index."""
