"""Measurements, run by hand: each `python -m bench.NAME`, with its numbers as JSON."""

import ops  # noqa: F401 — puts images/ on the path
