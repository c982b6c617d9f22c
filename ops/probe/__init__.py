"""Asks a search collection whether it keeps what the sync rests on."""
