"""Measurements, run by hand: each `python -m bench.NAME`, with its numbers as JSON."""

import ops.images_path  # noqa: F401
