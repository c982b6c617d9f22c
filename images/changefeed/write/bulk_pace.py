"""How much goes into a bulk request, learnt from the last ones: less when the index is slow, and a small one first.

With a small first request the index begins while the others are made ready. They are sent without waiting for its
answer, so it costs no round trip, only what a request costs the index. That is not worth it for small batches.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_ACTIONS = 1_000
FEWEST_ACTIONS = 50
SLOW_SECONDS = 5.0
FAST_SECONDS = 1.0
REQUEST_SECONDS = 0.003
"""What a request costs the index, however little is in it: 3 ms on the machine of the benchmark."""
NEWEST = 0.3
"""How much the newest measurement counts: the index is busy with other things, too, and then one says little."""
_TOOK = re.compile(rb'"took":(\d+)')


@dataclass(slots=True)
class BulkPace:
    """Of one index, as long as the function's container lives."""

    stopwatch: Callable[[], float] = time.monotonic
    limit: int = MOST_ACTIONS
    """Of actions in a request."""
    index_seconds: float = 70e-6
    """What the index takes for one change. At first, as for its neighbour: what the benchmark measured at 1 KB."""
    ready_seconds: float = 15e-6
    """What it takes to make one change ready, as far as a leading request would hide that."""

    def lead(self, changes: int) -> int:
        """How many of so many changes should go first: as many as keep the index busy until the rest is ready."""
        both = self.ready_seconds + self.index_seconds
        first = max(FEWEST_ACTIONS, round((changes * self.ready_seconds - REQUEST_SECONDS) / both))
        hidden_seconds = (changes - first) * self.ready_seconds
        return first if hidden_seconds > REQUEST_SECONDS else changes

    def made_ready(self, changes: int, seconds: float) -> None:
        """Learn how long so many changes took."""
        if changes:
            self.ready_seconds = seconds / changes

    def answered(self, actions: int, seconds: float, answer: bytes) -> None:
        """Learn from a request's time, of which the answer says what the index itself took."""
        if took := _TOOK.search(answer, 0, 64):
            seconds_each = int(took[1]) / 1000 / actions
            self.index_seconds += (seconds_each - self.index_seconds) * NEWEST
        if seconds > SLOW_SECONDS:
            self.limit = max(FEWEST_ACTIONS, self.limit // 2)
        elif seconds < FAST_SECONDS:
            self.limit = min(MOST_ACTIONS, self.limit * 2)
