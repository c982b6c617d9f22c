"""Says how long to wait before the next attempt; AWS publishes no figures, so these are this project's choice."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Doubles from `first_seconds` up to `cap_seconds`, without jitter: one caller needs none, and tests stay exact.

    With the defaults a target that is away for 20 s is tried at 0.2, 0.6, 1.4, 3, 6.2, 12.6 and 22.6 s, so it costs a
    tail of at most 10 s, and 10 retries span 53 s.
    """

    first_seconds: float = 0.2
    cap_seconds: float = 10.0

    def seconds(self, failures_in_a_row: int) -> float:
        """Returns the wait after the given number of failures, from 1 on."""
        # 2**40 is past every cap; without the bound a long outage would overflow a float.
        return float(min(self.cap_seconds, self.first_seconds * 2 ** min(failures_in_a_row - 1, 40)))
