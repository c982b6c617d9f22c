"""Sends document actions as bulk requests until each is written, superseded, rejected, or out of time.

What counts as done and what as retryable:

* 2xx is done, and so is a delete of a document that isn't there.
* A conflict (409) is done when the index holds this version or a newer one; inside one version's span, or against a
  version of the future, the item is read again (`pending_write`). All writes are strictly `external`: a request that
  timed out and is applied later finds its version taken. With `external_gte` it would revert a change of the same
  second.
* 429, 5xx and errors of the environment, of a request or of one item, are sent again with backoff while the
  invocation's time lasts, then reported for retry. There is no other retry layer below Lambda's own.
* Any other error of an item: the mapping refuses the document, so it is sent in a narrower form (`document_form`).
  What is refused in every form is tried once more with its present state, and then rejected.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, AttributeMap
from changefeed.errors import BulkRequestError, ItemReadError, RecordError
from changefeed.plan.document_action import DocumentAction
from changefeed.write.begun_writes import BegunWrites, InFlight
from changefeed.write.bulk_answer import DONE, ItemVerdict, Verdict, read_bulk_answer
from changefeed.write.bulk_body import BulkRequests, Chunk
from changefeed.write.bulk_pace import BulkPace
from changefeed.write.bulk_post import PostBulk
from changefeed.write.pending_write import PendingWrite
from changefeed.write.write_result import Outcome, WriteResult

FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 5.0
REQUEST_TIMEOUT_SECONDS = 20.0
SHORTEST_TIMEOUT_SECONDS = 0.5
RESERVED_SECONDS = 2.0
"""Kept of an invocation's time for parking and for the answer."""


class ReadItems(Protocol):
    """Reads items from the table, consistently: key to image, to None for an absent one, or to why it can't be read.

    Raises ItemReadError, with those that were found, when some are unread or the time is over.
    """

    def __call__(
        self, keys: Mapping[str, AttributeMap], seconds_left: Callable[[], float]
    ) -> Mapping[str, AttributeMap | RecordError | None]: ...


@dataclass(frozen=True, kw_only=True)
class BulkWriter:
    """Writes to one index. Clock in seconds since the epoch; `jitter` gives 0 to 1.

    Of what was begun together, one request is in flight at a time, and the next is built meanwhile.
    """

    post: PostBulk
    read_items: ReadItems
    trust_seconds: float = 30.0
    max_bulk_bytes: int = 5 * 1024 * 1024
    max_bulk_actions: int = 1_000
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    pace: BulkPace = field(default_factory=BulkPace)

    def __call__(self, actions: Sequence[DocumentAction], seconds_left: Callable[[], float]) -> list[WriteResult]:
        """Gives one result for each action. Never raises for what the index, the network or the table answer."""
        return self.finish(self.begin(actions, seconds_left), seconds_left)

    def lead(self, changes: int) -> int:
        """Says how many of so many changes to begin first. The time to prepare changes is measured from here on."""
        self.pace.start()
        return self.pace.lead(changes)

    def begin(self, actions: Sequence[DocumentAction], seconds_left: Callable[[], float]) -> BegunWrites:
        """Sends the first request without waiting; what has to be read from the table waits for `finish`."""
        begun = BegunWrites()
        self._prepare([PendingWrite.of(action) for action in actions], begun)
        if seconds_left() > RESERVED_SECONDS and (chunk := begun.requests.take()):
            self._send(chunk, begun, seconds_left)
        self.pace.lap(len(actions))
        return begun

    def finish(self, begun: BegunWrites, seconds_left: Callable[[], float]) -> list[WriteResult]:
        """Gives one result for each action that was begun, as `__call__` does."""
        attempt = 0
        while not begun.are_over() and seconds_left() > RESERVED_SECONDS:
            pending, must_wait = self._attempt(begun, seconds_left)
            if pending and must_wait:
                backoff = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**attempt) * (0.5 + self.jitter() / 2)
                self.sleep(max(0.0, min(backoff, seconds_left() - RESERVED_SECONDS)))
                attempt += 1
            self._prepare(pending, begun)
        unfinished = [write.result(Outcome.RETRYABLE, write.last_error) for write in begun.left()]
        return [*begun.results, *unfinished]

    def _prepare(self, pending: list[PendingWrite], begun: BegunWrites) -> None:
        """Divides the writes into those that can be sent and those whose item must be read, and builds a request."""
        now = self._now()
        stale: list[PendingWrite] = []
        fresh: list[PendingWrite] = []
        for write in pending:
            (stale if self._needs_item(write, now) else fresh).append(write)
        begun.stale = stale
        begun.requests = BulkRequests(
            fresh,
            max_bytes=self.max_bulk_bytes,
            max_actions=min(self.max_bulk_actions, self.pace.limit),
            reject=begun.results.reject,
        )
        begun.requests.build()

    def _attempt(self, begun: BegunWrites, seconds_left: Callable[[], float]) -> tuple[list[PendingWrite], bool]:
        """Sends everything once. Gives what is still to be written, and whether to wait before the next attempt."""
        requests = begun.requests
        ready, again = self._read_stale_items(begun, seconds_left)
        requests.add(ready)
        must_wait = bool(again)
        while begun.in_flight or self._send_next(begun, seconds_left):
            requests.build()
            written = begun.written()
            chunk, verdicts = self._receive(begun, seconds_left)
            if not verdicts:
                requests.put_back(chunk.halves())  # one bad line fails them all: halve until it stands alone
                continue
            if verdicts.count(DONE) == len(verdicts):
                begun.results += written
                continue
            now = self._now()
            for write, verdict in zip(chunk.writes, verdicts, strict=True):
                if not begun.results.settle(write, verdict, now):
                    again.append(write)
                    must_wait |= verdict.must_wait or write.met_the_future  # who writes those may go on doing so
            if all(verdict.verdict is Verdict.RETRYABLE for verdict in verdicts):
                break  # the index answers nothing now: the other chunks wait with this one
        return again + requests.left(), must_wait

    def _send_next(self, begun: BegunWrites, seconds_left: Callable[[], float]) -> bool:
        """False when all are sent, or those before took so long that the next is reported, or looked at again."""
        chunk = begun.requests.take()
        if chunk is None:
            return False
        now = self._now()
        if seconds_left() <= RESERVED_SECONDS or any(self._needs_item(write, now) for write in chunk.writes):
            begun.requests.put_back([chunk])
            return False
        self._send(chunk, begun, seconds_left)
        return True

    def _send(self, chunk: Chunk, begun: BegunWrites, seconds_left: Callable[[], float]) -> None:
        sent_at = self.pace.stopwatch()
        answer = self.post(chunk.body, request_timeout(seconds_left() - 1))
        begun.in_flight = InFlight(chunk=chunk, sent_at=sent_at, answer=answer)

    def _receive(self, begun: BegunWrites, seconds_left: Callable[[], float]) -> tuple[Chunk, list[ItemVerdict]]:
        """Waits for the request in flight. Gives it, and a verdict for each write, or none when the body is refused."""
        assert begun.in_flight is not None
        flight, begun.in_flight = begun.in_flight, None
        chunk, actions = flight.chunk, len(flight.chunk.writes)
        try:
            status, answer = flight.answer(request_timeout(seconds_left() - 1))
            verdicts = read_bulk_answer(status, answer, expected_items=actions)
        except BulkRequestError as error:
            self.pace.answered(actions, self.pace.stopwatch() - flight.sent_at, b"")
            return chunk, [ItemVerdict(Verdict.RETRYABLE, type(error).__name__)] * actions
        self.pace.answered(actions, self.pace.stopwatch() - flight.sent_at, answer)
        refused = status != 200 and verdicts[0].verdict is Verdict.REFUSED and actions > 1
        return chunk, [] if refused else verdicts

    def _read_stale_items(
        self, begun: BegunWrites, seconds_left: Callable[[], float]
    ) -> tuple[list[PendingWrite], list[PendingWrite]]:
        """Gives the stale writes with the table's present state, and those to try again: a failed read is no guess."""
        if not begun.stale:
            return [], []
        now = self._now()
        by_id = {write.action.document_id: write for write in begun.stale}
        keys = {key: write.action.keys for key, write in by_id.items()}
        failure = None
        try:
            items = self.read_items(keys, lambda: seconds_left() - RESERVED_SECONDS)
        except ItemReadError as error:
            items, failure = error.found, type(error).__name__
        ready, again = [], []
        for key, write in by_id.items():
            if key not in items:
                write.last_error = failure
                again.append(write)
            elif isinstance(image := items[key], RecordError):
                begun.results.reject(write, image)
            else:
                write.take_item(image, now)
                ready.append(write)
        return ready, again

    def _now(self) -> int:
        return int(self.clock() * MICROSECONDS_PER_SECOND)

    def _needs_item(self, write: PendingWrite, now: int) -> bool:
        return write.needs_item(now, int(self.trust_seconds * MICROSECONDS_PER_SECOND))


def request_timeout(seconds: float) -> float:
    """Gives a request's time-out where so much time is left for it."""
    return max(SHORTEST_TIMEOUT_SECONDS, min(REQUEST_TIMEOUT_SECONDS, seconds))
