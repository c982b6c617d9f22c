"""The state of writes between their beginning and their end: in flight, still to be done, and the results so far."""

from dataclasses import dataclass, field

from changefeed.value_class import value_class
from changefeed.write.bulk_body import BulkRequests, Chunk
from changefeed.write.bulk_post import Answer
from changefeed.write.document_form import Form
from changefeed.write.pending_write import PendingWrite
from changefeed.write.results import Results
from changefeed.write.write_result import Outcome, WriteResult

_WRITTEN, _WHOLE = Outcome.WRITTEN, Form.WHOLE


@value_class
class InFlight:
    """A request that was sent, by the stopwatch at `sent_at`, and how to wait for its answer."""

    chunk: Chunk
    sent_at: float
    answer: Answer


@dataclass(kw_only=True, slots=True)
class BegunWrites:
    """Writes to be sent, in flight, `stale` (to be read from the table first), and the results of the others."""

    requests: BulkRequests = field(init=False)
    stale: list[PendingWrite] = field(default_factory=list)
    in_flight: InFlight | None = None
    results: Results = field(default_factory=Results)

    def written(self) -> list[WriteResult]:
        """Gives what the answer to the request in flight nearly always means; made while it is on its way."""
        return [  # as `PendingWrite.result` gives it; that call would cost 1% of the handler's CPU
            WriteResult(
                write.action, _WRITTEN, None, write.image is None, write.form is not _WHOLE, write.met_the_future
            )
            for write in self._sent()
        ]

    def are_over(self) -> bool:
        """True when each write has its result."""
        return self.in_flight is None and not self.stale and self.requests.are_over()

    def left(self) -> list[PendingWrite]:
        """Gives the writes without a result."""
        return [*self._sent(), *self.stale, *self.requests.left()]

    def _sent(self) -> list[PendingWrite]:
        return self.in_flight.chunk.writes if self.in_flight else []
