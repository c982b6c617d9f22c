"""Decides what Ctrl-C does: before and after the work it ends the process at once, within the work it unwinds it.

An exception in the middle of an import is lost, or half-caught by the module that is imported. Before the work nothing
is held that had to be let go of, so the process just ends.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator

from cli import first


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """Makes SIGINT end the process for a while, quietly."""
    before = signal.getsignal(signal.SIGINT)
    _end_at_once()
    try:
        yield
    finally:
        if before is not None and _may_handle():
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Makes SIGINT raise KeyboardInterrupt for a while, whatever handler the work sets itself."""
    if _may_handle() and signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        _end_at_once()


def _end_at_once() -> None:
    if _may_handle():
        first.end_at_once()


def _may_handle() -> bool:
    return threading.current_thread() is threading.main_thread()
