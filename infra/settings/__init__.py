"""Reads and checks the stack's configuration."""
