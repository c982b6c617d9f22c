"""Keeps Python's cycle collector out of a batch: it would walk all of the event's objects again and again.

A batch makes tens of thousands of objects and no cycles but those of exceptions, which are collected after it. To look
for more was a fifth of a batch's time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No automatic collection inside; whether there is one outside stays as it was."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
