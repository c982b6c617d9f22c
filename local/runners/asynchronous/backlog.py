"""Keeps a runner's events and undelivered records, each with the time when it is due, behind one condition.

Events that the function hasn't seen are bounded, so that the backlog stays in the queue that feeds the pipe; on AWS it
would move on into Lambda's own queue. At a stop they are given back, and what was tried before becomes due at once.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from local.runners.asynchronous.event import AsynchronousEvent, Ended

LONGEST_LOOK_SECONDS = 0.1
"""Between two looks at the clock, which is a faster one in tests."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """An event to try, or an ended one to report. `give_back` returns its message to where it came from."""

    what: AsynchronousEvent | Ended
    due: float
    give_back: Callable[[], None]

    @property
    def is_new(self) -> bool:
        """Returns True while the function has not seen it."""
        return isinstance(self.what, AsynchronousEvent) and self.what.attempts == 0

    @property
    def is_retry(self) -> bool:
        """Returns True when the function has failed and may be asked again."""
        return isinstance(self.what, AsynchronousEvent) and self.what.attempts > 0 and self.what.refusals == 0


@dataclass(kw_only=True)
class Backlog:
    """A queue by due time. `room` is the number of new events that it takes."""

    room: int
    clock: Callable[[], float]
    _heap: list[tuple[float, int, Held]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _is_closing: bool = False
    _is_closed: bool = False

    def __len__(self) -> int:
        """Counts everything held."""
        with self._changed:
            return len(self._heap)

    def wait_for_room(self, timeout_seconds: float) -> bool:
        """Waits until a new event may be put; False after the time, and when it is closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._new() < self.room, timeout_seconds)
            return not self._is_closing and self._new() < self.room

    def put(self, held: Held) -> bool:
        """Holds it until it is due. False: it isn't held, because this is closed, or closing and it is no retry."""
        with self._changed:
            if self._is_closed or (self._is_closing and not held.is_retry):
                return False
            heapq.heappush(self._heap, (held.due, next(self._numbers), held))
            self._changed.notify_all()
            return True

    def take(self) -> Held | None:
        """Waits for what is due next; None when it is closing and nothing is left. Closing makes everything due."""
        with self._changed:
            while True:
                if not self._heap and self._is_closing:
                    return None
                wait = None if not self._heap else self._heap[0][0] - self.clock()
                if wait is not None and (wait <= 0 or self._is_closing):
                    held = heapq.heappop(self._heap)[2]
                    self._changed.notify_all()
                    return held
                self._changed.wait(LONGEST_LOOK_SECONDS if wait is None else min(wait, LONGEST_LOOK_SECONDS))

    def close(self) -> list[Held]:
        """Begins to close: nothing waits any more. Returns what is new; the rest can be taken."""
        with self._changed:
            self._is_closing = True
            new = [entry[2] for entry in self._heap if entry[2].is_new]
            self._heap = [entry for entry in self._heap if not entry[2].is_new]
            heapq.heapify(self._heap)
            self._changed.notify_all()
            return new

    def empty(self) -> list[Held]:
        """Ends it. Returns whatever is left; nothing is held after this."""
        with self._changed:
            self._is_closing = self._is_closed = True
            left = [entry[2] for entry in self._heap]
            self._heap = []
            self._changed.notify_all()
            return left

    def _new(self) -> int:
        return sum(entry[2].is_new for entry in self._heap)
