"""Counts what a runner does: threads add to the counters, and a status view reads frozen copies of them."""

import threading
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar


@dataclass(frozen=True, kw_only=True)
class RunnerStatus:
    """One runner's counters at one moment; each kind of runner adds its fields."""


Status = TypeVar("Status", bound=RunnerStatus)


class Counters(Generic[Status]):
    """Counters that are safe between threads, by the field names of their status class."""

    def __init__(self, zero: Status) -> None:
        self._status = zero
        self._lock = threading.Lock()

    def add(self, **amounts: int) -> None:
        """Adds to counters."""
        with self._lock:
            sums = {name: getattr(self._status, name) + amount for name, amount in amounts.items()}
            self._status = replace(self._status, **sums)

    def set(self, **values: float) -> None:
        """Replaces values that are no sums, such as an age."""
        with self._lock:
            self._status = replace(self._status, **values)

    def status(self, **now: Any) -> Status:
        """Returns the counters, with the values that the runner knows at this moment only."""
        with self._lock:
            return replace(self._status, **now)
