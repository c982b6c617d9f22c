"""Decides for one lane of one shard: which records are invoked next, and what an outcome means for them.

No I/O, threads or clock: the caller passes `now` in epoch seconds and carries out what `next_action` says.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from local.runners.invocation import InvokeResult
from local.runners.mapping.batch import Action, Batch, Condition, DiscardBatch, InvokeBatch, Wait
from local.runners.mapping.response import NotInvoked, Outcome, PartlyFailed, Succeeded
from local.runners.mapping.settings import MAX_PAYLOAD_BYTES, MappingSettings
from local.runners.polling.backoff import Backoff
from streams.record import StreamRecord

_ENVELOPE_BYTES = len(b'{"Records":[]}')


@dataclass(kw_only=True)
class Lane:
    """Settles the records offered to it strictly in order: each succeeds or is discarded before the next one is.

    At most one action is under way. A checkpoint inside the batch makes the rest a new batch, as recorded on AWS: the
    invocation that reported it is none of its attempts. Two rules that AWS doesn't publish are decided here: where
    bisecting is on and the reported record is the first, so that a cut at it would change nothing, the batch is halved;
    where it is on, halves and rests are invoked at once: there can be only log2 halves, and a cut settles records.
    Rules: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """

    settings: MappingSettings
    backoff: Backoff = field(default_factory=Backoff)
    _incoming: deque[tuple[StreamRecord, float]] = field(default_factory=deque)
    _incoming_bytes: int = 0
    _batches: list[Batch] = field(default_factory=list)  # a stack: the last one is at the head of the lane
    _under_way: bool = False

    @property
    def pending(self) -> int:
        """Counts the records that are neither settled nor discarded."""
        return len(self._incoming) + sum(len(batch.records) for batch in self._batches)

    def offer(self, records: Iterable[StreamRecord], now: float) -> None:
        """Takes records in their order; `now` starts the batching window of the first."""
        for record in records:
            self._incoming.append((record, now))
            self._incoming_bytes += record.payload_bytes

    def next_action(self, now: float, *, flush: bool = False) -> Action:
        """Returns what to do now; an action other than `Wait` is under way until its outcome is reported.

        `flush` ends the batching window early: a closed shard gets no more records to wait for.
        """
        if self._under_way:
            return Wait(until_seconds=None)
        if not self._batches and not self._form_batch(now, flush):
            return Wait(until_seconds=self._window_end())
        head = self._split_by_age(now)
        if head.not_before_seconds > now:
            return Wait(until_seconds=head.not_before_seconds)
        self._under_way = True
        if head.condition is not None:
            return DiscardBatch(batch=head, condition=head.condition)
        return InvokeBatch(batch=head)

    def invoked(self, outcome: Outcome, now: float, *, result: InvokeResult | None = None) -> tuple[StreamRecord, ...]:
        """Reports an invocation; returns the records that are settled by it."""
        batch = self._finish()
        if isinstance(outcome, NotInvoked):
            self._batches.append(self._delayed(batch, now))
            return ()
        if isinstance(outcome, Succeeded):
            return batch.records
        cut = outcome.first_failed if isinstance(outcome, PartlyFailed) else 0
        if cut:
            rest = Batch(records=batch.records[cut:])
            is_split = self.settings.bisect_batch_on_function_error
            self._batches.append(rest if is_split else self._delayed(rest, now))
        else:
            self._after_failure(replace(batch, invoke_count=batch.invoke_count + 1, last_result=result), now)
        return batch.records[:cut]

    def discarded(self) -> tuple[StreamRecord, ...]:
        """Reports that the failure destination has the batch; returns its records, which are settled by it."""
        return self._finish().records

    def discard_failed(self, now: float) -> None:
        """Reports that the failure destination didn't take the batch: it is kept and sent again."""
        self._batches.append(self._delayed(self._finish(), now))

    def _finish(self) -> Batch:
        if not self._under_way:
            raise RuntimeError("an outcome was reported while nothing was under way in this lane")
        self._under_way = False
        return self._batches.pop()

    def _after_failure(self, batch: Batch, now: float) -> None:
        if self.settings.bisect_batch_on_function_error and len(batch.records) > 1:
            middle = len(batch.records) // 2
            for part in (batch.records[middle:], batch.records[:middle]):
                self._batches.append(replace(batch, records=part, invoke_count=0, failures_in_a_row=0))
        elif 0 <= self.settings.maximum_retry_attempts <= batch.retries_used:
            self._batches.append(_given_up(batch, "RetryAttemptsExhausted"))
        else:
            self._batches.append(self._delayed(replace(batch, retries_used=batch.retries_used + 1), now))

    def _delayed(self, batch: Batch, now: float) -> Batch:
        failures = batch.failures_in_a_row + 1
        return replace(batch, failures_in_a_row=failures, not_before_seconds=now + self.backoff.seconds(failures))

    def _form_batch(self, now: float, flush: bool) -> bool:
        if not self._incoming or not (flush or self._is_full() or now >= (self._window_end() or 0)):
            return False
        records: list[StreamRecord] = []
        size = _ENVELOPE_BYTES
        while self._incoming and len(records) < self.settings.batch_size:
            size += self._incoming[0][0].payload_bytes
            if records and size > MAX_PAYLOAD_BYTES:
                break
            record, _ = self._incoming.popleft()
            self._incoming_bytes -= record.payload_bytes
            records.append(record)
        self._batches.append(Batch(records=tuple(records)))
        return True

    def _is_full(self) -> bool:
        enough = len(self._incoming) >= self.settings.batch_size
        return enough or self._incoming_bytes + _ENVELOPE_BYTES >= MAX_PAYLOAD_BYTES

    def _window_end(self) -> float | None:
        return self._incoming[0][1] + self.settings.batching_window_seconds if self._incoming else None

    def _expiry(self, record: StreamRecord) -> float:
        limit = self.settings.maximum_record_age_seconds
        return record.arrival_seconds + limit if limit >= 0 else float("inf")

    def _split_by_age(self, now: float) -> Batch:
        """Puts the records that are too old, and only those, into a batch that is given up; returns the head.

        The run at the head is either all old or all young, so neither is an old record invoked nor a young one lost.
        """
        head = self._batches[-1]
        if head.condition is not None:
            return head
        is_old = [self._expiry(record) < now for record in head.records]
        run = next((index for index, old in enumerate(is_old) if old != is_old[0]), len(is_old))
        if run < len(is_old):
            self._batches[-1:] = [replace(head, records=part) for part in (head.records[run:], head.records[:run])]
        if is_old[0]:
            self._batches[-1] = _given_up(self._batches[-1], "RecordAgeExceeded")
        return self._batches[-1]


def _given_up(batch: Batch, condition: Condition) -> Batch:
    return replace(batch, condition=condition, failures_in_a_row=0, not_before_seconds=0)
