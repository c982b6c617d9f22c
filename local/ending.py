"""Ends the program in order: Ctrl-C, SIGTERM and a closed terminal unwind it once."""

import signal
from types import FrameType

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def unwind_on_signals() -> None:
    """Makes the first signal raise KeyboardInterrupt here; later ones can't disturb the ending."""
    for number in ENDING_SIGNALS:
        signal.signal(number, _unwind)


def _unwind(_number: int, _frame: FrameType | None) -> None:
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
