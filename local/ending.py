"""Ends the program in order: Ctrl-C, SIGTERM and a closed terminal unwind it once."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def unwind_on_signals() -> None:
    """Makes the first signal raise KeyboardInterrupt here; later ones can't disturb the ending."""
    for number in ENDING_SIGNALS:
        signal.signal(number, _unwind)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignores these signals, here and in what is started meanwhile: for an ending that must not be left half done."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwind(_number: int, _frame: FrameType | None) -> None:
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
