"""The threads of one shard: a worker a lane carries out what the lane's state machine says, and reports back."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from local.runners.counters import Counters
from local.runners.invocation import Invoke, InvokeResult
from local.runners.mapping.batch import Action, Batch, DiscardBatch, InvokeBatch, Wait
from local.runners.mapping.destination import Deliver
from local.runners.mapping.lane import Lane
from local.runners.mapping.response import Failed, NotInvoked, Outcome, PartlyFailed, read_outcome
from local.runners.mapping.settings import MappingSettings
from local.runners.mapping.shard import MappingShard
from local.runners.mapping.status import MappingStatus
from local.runners.polling.backoff import Backoff
from streams.record import StreamRecord

_log = logging.getLogger(__name__)

_THROTTLE_CODES = frozenset({"TooManyRequestsException", "ThrottlingException", "429"})


@dataclass(kw_only=True)
class ShardWorkers:
    """A `ShardSink` that invokes the function. All state is behind one condition; I/O happens outside of it."""

    settings: MappingSettings
    shard_id: str
    invoke: Invoke
    deliver: Deliver | None
    counters: Counters[MappingStatus]
    clock: Callable[[], float]
    backoff: Backoff
    _shard: MappingShard = field(init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _threads: list[threading.Thread] = field(default_factory=list)
    _is_closed: bool = False
    _is_stopping: bool = False

    def __post_init__(self) -> None:
        """Start one worker a lane."""
        self._shard = MappingShard(settings=self.settings, backoff=self.backoff)
        for number, lane in enumerate(self._shard.lanes):
            name = f"mapping-{self.settings.uuid}-{self.shard_id}-lane-{number}"
            thread = threading.Thread(target=self._work, args=(lane,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def checkpoint(self) -> str | None:
        """Everything up to and with this sequence number is settled."""
        return self._shard.checkpoint

    @property
    def pending(self) -> int:
        """Records accepted and not settled."""
        with self._changed:
            return self._shard.pending

    def accept(self, records: tuple[StreamRecord, ...]) -> None:
        """Take a page; blocks while the lanes hold two full batches each, so memory stays bounded."""
        if not records:
            return
        enough = 2 * self.settings.batch_size * self.settings.parallelization_factor
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping or self._shard.pending < enough)
            self.counters.add(records_read=len(records))
            self._shard.offer(records, self.clock())
            self._changed.notify_all()

    def finish(self) -> bool:
        """Wait until the closed shard is settled, then end the workers."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_stopping or self._shard.pending == 0)
            is_settled = self._shard.pending == 0
        self.stop()
        return is_settled

    def is_empty(self) -> bool:
        """True when nothing accepted is unsettled."""
        return self.pending == 0

    def stop(self) -> None:
        """Let the workers end after what they are doing now."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the workers; True when all have ended."""
        end = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, lane: Lane) -> None:
        while (action := self._next_action(lane)) is not None:
            if isinstance(action, InvokeBatch):
                self._invoke(lane, action.batch)
            elif isinstance(action, DiscardBatch):
                self._discard(lane, action)

    def _next_action(self, lane: Lane) -> Action | None:
        with self._changed:
            while not self._is_stopping:
                now = self.clock()
                action = lane.next_action(now, flush=self._is_closed)
                if not isinstance(action, Wait):
                    return action
                self._changed.wait(None if action.until_seconds is None else max(0.0, action.until_seconds - now))
        return None

    def _invoke(self, lane: Lane, batch: Batch) -> None:
        result, outcome = self._call(batch.records)
        counted = {"throttles": 1} if isinstance(outcome, NotInvoked) and outcome.throttled else {}
        if isinstance(outcome, NotInvoked):
            self.counters.add(not_invoked=1, **counted)
        else:
            self.counters.add(
                invocations=1,
                records_delivered=len(batch.records),
                failed_invocations=int(isinstance(outcome, Failed)),
                partial_failures=int(isinstance(outcome, PartlyFailed)),
            )
        with self._changed:
            settled = lane.invoked(outcome, self.clock(), result=result)
            self._settle(settled)
        self.counters.add(records_settled=len(settled))

    def _call(self, records: tuple[StreamRecord, ...]) -> tuple[InvokeResult | None, Outcome]:
        event = {"Records": [record.event_record for record in records]}
        try:
            result = self.invoke(self.settings.function_name, event)
        except Exception as error:  # whatever it is, the records are still here and are sent again
            is_throttle = isinstance(error, ClientError) and error.response["Error"].get("Code") in _THROTTLE_CODES
            if not is_throttle:
                self._log("could not be invoked", error)
            return None, NotInvoked(throttled=is_throttle)
        report = self.settings.report_batch_item_failures
        return result, read_outcome(result, records, report_batch_item_failures=report)

    def _discard(self, lane: Lane, action: DiscardBatch) -> None:
        records = action.batch.records
        try:
            if self.deliver is not None:
                self.deliver(action, self.shard_id, self.clock())
        except Exception as error:  # the records are kept until the destination takes them
            self._log("has a failure destination that doesn't answer", error)
            self.counters.add(destination_failures=1)
            with self._changed:
                lane.discard_failed(self.clock())
            return
        _log.warning(
            "mapping %s: %s: gave up %d records of shard %s, %s to %s",
            self.settings.function_name,
            action.condition,
            len(records),
            self.shard_id,
            records[0].sequence_number,
            records[-1].sequence_number,
        )
        with self._changed:
            self._settle(lane.discarded())
        self.counters.add(records_discarded=len(records), batches_sent_to_destination=int(self.deliver is not None))

    def _settle(self, records: tuple[StreamRecord, ...]) -> None:
        self._shard.settle(records)
        if records:
            self.counters.set(iterator_age_ms=(self.clock() - records[-1].arrival_seconds) * 1000)
        self._changed.notify_all()

    def _log(self, what: str, error: Exception) -> None:
        _log.warning("mapping %s: %s: %s: %s", self.settings.function_name, what, type(error).__name__, error)
