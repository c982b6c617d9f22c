"""Decides what Ctrl-C does: before and after the work it ends the process at once, within the work it unwinds it.

An exception in the middle of an import is lost, or half-caught by the module that is imported. Before the work nothing
is held that had to be let go of, so the process just ends. Imports nothing heavy: a handler is there within
milliseconds.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from cli.errors import INTERRUPTED

SHOW_CURSOR = b"\x1b[?25h"


def end_at_once() -> None:
    """Makes SIGINT end the process, quietly. A SIGINT that the caller ignores stays ignored, as in a background job."""
    _handle(_end)


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """Does so for a while."""
    before = signal.getsignal(signal.SIGINT)
    end_at_once()
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Makes SIGINT raise KeyboardInterrupt for a while, whatever handler the work sets itself."""
    _handle(signal.default_int_handler)
    try:
        yield
    finally:
        end_at_once()


def _handle(handler: "signal.Handlers | object") -> None:
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)  # type: ignore[arg-type]


def _end(_number: int, _frame: FrameType | None) -> None:
    if os.isatty(2) and os.environ.get("TERM") != "dumb":
        os.write(2, SHOW_CURSOR)  # a live line hides it
    os._exit(INTERRUPTED)
