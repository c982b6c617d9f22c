"""The table and the two feeds of its changes."""
