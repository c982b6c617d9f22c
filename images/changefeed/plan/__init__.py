"""From changes to document actions."""
