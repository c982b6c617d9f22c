"""How much goes into a bulk request, learnt from the last ones: less when the index is slow, and a small one first.

A small first request lets the index begin while the others are made ready. It costs a round trip, so it is made only
where the work that it hides takes longer than that: not for small batches, nor over long distances.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_ACTIONS = 1_000
FEWEST_ACTIONS = 50
SLOW_SECONDS = 5.0
FAST_SECONDS = 1.0
REQUEST_SECONDS = 0.001
"""What a request costs the index, however little is in it."""
FORGETTING = 1.5
"""A round trip that was slow once counts less from then on: the index may have been busy with something else."""
_TOOK = re.compile(rb'"took":(\d+)')


@dataclass(slots=True)
class BulkPace:
    """Of one index, as long as the function's container lives."""

    stopwatch: Callable[[], float] = time.monotonic
    limit: int = MOST_ACTIONS
    """Of actions in a request."""
    round_trip_seconds: float = float("inf")
    index_seconds: float = 0.0
    """What the index takes for one change."""
    ready_seconds: float = 0.0
    """What it takes to make one change ready, as far as a leading request would hide that."""

    def lead(self, changes: int) -> int:
        """How many of so many changes should go first: as many as keep the index busy until the rest is ready."""
        both = self.ready_seconds + self.index_seconds
        first = max(FEWEST_ACTIONS, round(changes * self.ready_seconds / both)) if both else changes
        hidden_seconds = (changes - first) * self.ready_seconds
        return first if hidden_seconds > self.round_trip_seconds + REQUEST_SECONDS else changes

    def made_ready(self, changes: int, seconds: float) -> None:
        """Learn how long so many changes took."""
        if changes:
            self.ready_seconds = seconds / changes

    def answered(self, actions: int, seconds: float, answer: bytes) -> None:
        """Learn from a request's time, of which the answer says what the index itself took."""
        took = _TOOK.search(answer, 0, 64)
        if took:
            index_seconds = int(took[1]) / 1000
            self.index_seconds = index_seconds / actions
            round_trip = max(0.0, seconds - index_seconds)
            self.round_trip_seconds = min(self.round_trip_seconds * FORGETTING + 0.001, round_trip)
        if seconds > SLOW_SECONDS:
            self.limit = max(FEWEST_ACTIONS, self.limit // 2)
        elif seconds < FAST_SECONDS:
            self.limit = min(MOST_ACTIONS, self.limit * 2)
