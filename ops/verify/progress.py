"""Says how far a walk is, its rate and the time left."""

import contextlib
import time
from collections.abc import Iterator

from cli import progress
from ops.verify.walks import Progress as Show


@contextlib.contextmanager
def show_walk(name: str, *, items: int, documents: int) -> Iterator[Show]:
    """Gives a function that shows the counts passed to it. The totals are the services' estimates."""
    started = time.monotonic()
    progress.stage(f"{name}: reading about {items:,} items and {documents:,} documents")

    def update(items_read: int, documents_read: int) -> None:
        rate = (items_read + documents_read) / max(time.monotonic() - started, 0.1)
        left = max(0, items - items_read) + max(0, documents - documents_read)
        until = f", about {left / rate:,.0f} s left" if rate and left else ""
        progress.say(f"{name}: {items_read:,} items, {documents_read:,} documents, {rate:,.0f}/s{until}")

    yield update
    progress.stage(f"{name}: comparing")
