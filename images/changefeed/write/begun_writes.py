"""The state of writes between their beginning and their end: what is in flight, and what is still to be done."""

from dataclasses import dataclass

from changefeed.value_class import value_class
from changefeed.write.bulk_body import BulkRequests, Chunk
from changefeed.write.bulk_post import Answer
from changefeed.write.pending_write import PendingWrite
from changefeed.write.write_result import Outcome, WriteResult


@value_class
class InFlight:
    """A request that was sent, by the stopwatch at `sent_at`, and how to wait for its answer."""

    chunk: Chunk
    sent_at: float
    answer: Answer


@dataclass(kw_only=True, slots=True)
class BegunWrites:
    """Writes on their way: in flight, to be sent, to be read from the table first, and those that have a result."""

    requests: BulkRequests
    stale: list[PendingWrite]
    results: list[WriteResult]
    in_flight: InFlight | None = None

    def written(self) -> list[WriteResult]:
        """What the answer to the request in flight nearly always means; made while it is on its way."""
        return [WriteResult(write.action, Outcome.WRITTEN) for write in self._sent()]

    def are_over(self) -> bool:
        """True when each write has its result."""
        return self.in_flight is None and not self.stale and self.requests.are_over()

    def left(self) -> list[PendingWrite]:
        """Those that have none."""
        return [*self._sent(), *self.stale, *self.requests.left()]

    def _sent(self) -> list[PendingWrite]:
        return self.in_flight.chunk.writes if self.in_flight else []
