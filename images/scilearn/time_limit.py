"""Ends an analysis shortly before Lambda would, so that its failure has a reason.

By SIGALRM, which Python handles between two bytecodes of the main thread: a long call into C delays it, and then
Lambda's own time-out comes first and the status says `stopped`. The runtime client calls handlers in the main thread.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from scilearn.errors import PermanentError

MARGIN_SECONDS = 8.0
"""Left for storing the result or the failure."""


class _TimeIsUp(BaseException):
    """No Exception, so that no library takes it for one of its errors and tries again."""


@contextmanager
def time_limit(seconds_left: float) -> Iterator[None]:
    """Raises PermanentError `time_limit` in its body when the time is nearly over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: Any) -> NoReturn:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(0.05, seconds_left - MARGIN_SECONDS))
    try:
        yield
    except _TimeIsUp:
        text = "The analysis did not end within the function's time limit: lower `max_rows`, or use fewer columns."
        raise PermanentError("time_limit", text) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
