"""The demo's chapter of analyses: what it asks of January's flights, and how it checks the answers."""
