"""How much goes into a bulk request, learnt from the last ones: less when the index is slow, and a small one first.

A small first request lets the index begin while the others are encoded. It costs a round trip, so it is made only
where the encoding that it hides takes longer than that: not for small batches, nor over long distances.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_ACTIONS = 1_000
LEAD_ACTIONS = 125
"""The index takes about 8 times as long for a document as its encoding: while it works on 125, 1,000 are encoded."""
SLOW_SECONDS = 5.0
FAST_SECONDS = 1.0
FEWEST_ACTIONS = 50
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
    encoding_seconds: float = 0.0
    """Of one action."""

    def first_actions(self, actions: int) -> int:
        """How many of so many actions should go into a first request."""
        hidden_seconds = (actions - LEAD_ACTIONS) * self.encoding_seconds
        return LEAD_ACTIONS if hidden_seconds > self.round_trip_seconds else actions

    def time_encoding(self, build: Callable[[], int]) -> None:
        """Build a batch's first request, and learn what an action's encoding costs."""
        started = self.stopwatch()
        if built := build():
            self.encoding_seconds = (self.stopwatch() - started) / built

    def answered(self, seconds: float, answer: bytes) -> None:
        """Learn from a request's time, of which the answer says what the index itself took."""
        took = _TOOK.search(answer, 0, 64)
        if took:
            round_trip = max(0.0, seconds - int(took[1]) / 1000)
            self.round_trip_seconds = min(self.round_trip_seconds * FORGETTING + 0.001, round_trip)
        if seconds > SLOW_SECONDS:
            self.limit = max(FEWEST_ACTIONS, self.limit // 2)
        elif seconds < FAST_SECONDS:
            self.limit = min(MOST_ACTIONS, self.limit * 2)
