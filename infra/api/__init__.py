"""The REST API in front of the table."""
