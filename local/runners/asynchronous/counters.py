"""What a runner has done so far, for a status view: counters that threads add to, and frozen copies of them."""

import threading
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class AsynchronousStatus:
    """A function's asynchronous events at one moment.

    Every accepted event is in the end one of succeeded, given_up or given_back; until then it is running or waiting.
    """

    accepted: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    not_invoked: int = 0
    succeeded: int = 0
    given_up: int = 0
    given_back: int = 0
    records_sent: int = 0
    destination_failures: int = 0
    waiting: int = 0


@dataclass(kw_only=True)
class AsynchronousCounters:
    """Adds up, safely between threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _status: AsynchronousStatus = field(default_factory=AsynchronousStatus)

    def add(self, **amounts: int) -> None:
        """Add to counters by their names in `AsynchronousStatus`."""
        with self._lock:
            counted = {name: getattr(self._status, name) + amount for name, amount in amounts.items()}
            self._status = replace(self._status, **counted)

    def status(self, *, waiting: int) -> AsynchronousStatus:
        """The counters now."""
        with self._lock:
            return replace(self._status, waiting=waiting)
