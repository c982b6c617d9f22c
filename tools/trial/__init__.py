"""Tries the whole program in an AWS account: preview, up, smoke test, destroy. `make trial` runs it."""
