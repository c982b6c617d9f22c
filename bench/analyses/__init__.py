"""Sends a burst of analysis requests, copies and poison among them, and judges what became of each."""
