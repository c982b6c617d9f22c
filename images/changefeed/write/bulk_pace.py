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
    """The pace of one index, as long as the function's container lives."""

    stopwatch: Callable[[], float] = time.monotonic
    limit: int = MOST_ACTIONS
    """Actions in a request, at most."""
    index_seconds: float = 70e-6
    """Seconds of the index for one change. At first, as for its neighbour: what the benchmark measured at 1 KB."""
    ready_seconds: float = 15e-6
    """Seconds to prepare one change while a leading request is in flight."""
    lap_started_at: float | None = None
    """By the stopwatch; None where nothing leads, so that nothing is learnt."""

    def lead(self, changes: int) -> int:
        """Says how many of so many changes should go first: as many as keep the index busy until the rest is ready."""
        both = self.ready_seconds + self.index_seconds
        first = max(FEWEST_ACTIONS, round((changes * self.ready_seconds - REQUEST_SECONDS) / both))
        hidden_seconds = (changes - first) * self.ready_seconds
        return first if hidden_seconds > REQUEST_SECONDS else changes

    def start(self) -> None:
        """Starts the first lap."""
        self.lap_started_at = self.stopwatch()

    def lap(self, changes: int) -> None:
        """Ends a lap, in which so many changes were prepared, and starts the next one."""
        if self.lap_started_at is not None:
            now = self.stopwatch()
            self.made_ready(changes, now - self.lap_started_at)
            self.lap_started_at = now

    def made_ready(self, changes: int, seconds: float) -> None:
        """Learns how long it took to prepare so many changes."""
        if changes:
            self.ready_seconds = seconds / changes

    def answered(self, actions: int, seconds: float, answer: bytes) -> None:
        """Learns from a request's time, and from the time that the index says it took."""
        if took := _TOOK.search(answer, 0, 64):
            seconds_each = int(took[1]) / 1000 / actions
            self.index_seconds += (seconds_each - self.index_seconds) * NEWEST
        if seconds > SLOW_SECONDS:
            self.limit = max(FEWEST_ACTIONS, self.limit // 2)
        elif seconds < FAST_SECONDS:
            self.limit = min(MOST_ACTIONS, self.limit * 2)
