"""Tries out whether a search collection keeps what the sync relies on."""
