"""Stands in for a table's Kinesis streaming destination: reads its change stream and puts AWS-shaped records.

MiniStack's own destination lacks fields, has whole seconds and random partition keys, so it is not used.
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from local.runners.counters import Counters, RunnerStatus
from local.runners.forwarder.change_clock import ChangeClock
from local.runners.forwarder.disorder import Disorder
from local.runners.forwarder.record import ForwardedRecord, forwarded_record
from local.runners.forwarder.writer import KinesisWriter, RecordsRefusedError, chunks
from local.runners.polling.backoff import Backoff
from local.runners.polling.walker import ShardSink, StreamWalker
from streams.dynamodb import DynamoDBStreamReader
from streams.record import StreamRecord

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ForwarderStatus(RunnerStatus):
    """A forwarder at one moment; a repeated record counts again. `changes_skipped`: Kinesis refuses their records."""

    records_put: int = 0
    changes_skipped: int = 0
    put_failures: int = 0
    poll_failures: int = 0


@dataclass(kw_only=True)
class KinesisForwarder:
    """One table's destination. Its position is in memory: a new forwarder sends everything again, from the oldest.

    Both clients are boto3's, made with `polling_config`: only the forwarder retries.
    `duplicate_probability` and `reorder_window` make it misbehave as AWS may; the same seed misbehaves alike.
    """

    streams_client: Any
    kinesis_client: Any
    table_stream_arn: str
    kinesis_stream_arn: str
    duplicate_probability: float = 0
    reorder_window: int = 0
    seed: int = 0
    poll_interval_seconds: float = 0.05
    _counters: Counters[ForwarderStatus] = field(default_factory=lambda: Counters(ForwarderStatus()))
    _walker: StreamWalker = field(init=False)

    def __post_init__(self) -> None:
        """Wires it; nothing runs yet."""
        self._walker = StreamWalker(
            name=f"kinesis-forwarder-{self.table_name}",
            reader=DynamoDBStreamReader(client=self.streams_client, stream_arn=self.table_stream_arn),
            starting_position="TRIM_HORIZON",
            open_sink=self._open_shard,
            poll_interval_seconds=self.poll_interval_seconds,
        )

    @property
    def table_name(self) -> str:
        """Returns the table, out of its stream's ARN (`...:table/NAME/stream/LABEL`)."""
        return self.table_stream_arn.split("/")[1]

    def start(self) -> None:
        """Begins; returns at once. Call it once."""
        self._walker.start()

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """Ends all threads; False when one was still busy after the time."""
        return self._walker.stop(timeout_seconds)

    def wait_until_drained(self, timeout_seconds: float) -> bool:
        """Waits until every change made before this call is on the Kinesis stream; False after the time."""
        return self._walker.wait_until_drained(timeout_seconds)

    def status(self) -> ForwarderStatus:
        """Returns the counters."""
        return self._counters.status(poll_failures=self._walker.poll_failures)

    def _open_shard(self, shard_id: str) -> ShardSink:
        disorder = Disorder(
            duplicate_probability=self.duplicate_probability, reorder_window=self.reorder_window, seed=self.seed
        )
        return _ShardForwarder(forwarder=self, shard_id=shard_id, disorder=disorder, counters=self._counters)


@dataclass(kw_only=True)
class _ShardForwarder:
    """Forwards one shard, on its reader's thread: a page is on the Kinesis stream before the next one is read."""

    forwarder: KinesisForwarder
    shard_id: str
    disorder: Disorder
    counters: Counters[ForwarderStatus]
    clock: ChangeClock = field(default_factory=ChangeClock)
    backoff: Backoff = field(default_factory=lambda: Backoff(first_seconds=0.05, cap_seconds=2))
    _stopping: threading.Event = field(default_factory=threading.Event)
    _is_empty: bool = True

    def accept(self, records: tuple[StreamRecord, ...]) -> None:
        """Puts a page; an empty one releases what was held back."""
        if not records:
            self._put(self.disorder.flush())
            self._is_empty = True
            return
        self._is_empty = False
        self._put(self.disorder.apply([self._convert(record) for record in records]))

    def finish(self) -> bool:
        """Releases what was held back."""
        self._put(self.disorder.flush())
        self._is_empty = True
        return not self._stopping.is_set()

    def is_empty(self) -> bool:
        """Returns True when the last page was empty, and so everything before it was put."""
        return self._is_empty

    def stop(self) -> None:
        """Gives up waiting between attempts."""
        self._stopping.set()

    def _convert(self, record: StreamRecord) -> ForwardedRecord:
        moment = self.clock.microseconds(record.sequence_number, int(record.arrival_seconds))
        return forwarded_record(record, table_name=self.forwarder.table_name, microseconds=moment)

    def _put(self, records: list[ForwardedRecord]) -> None:
        writer = KinesisWriter(client=self.forwarder.kinesis_client, stream_arn=self.forwarder.kinesis_stream_arn)
        waiting = deque(chunks(records))
        failures = 0
        while waiting and not self._stopping.is_set():
            chunk = waiting.popleft()
            try:
                again = writer.put_once(chunk)
            except RecordsRefusedError as error:
                waiting.extendleft(reversed(self._without_refused(chunk, error.code)))
                continue
            except Exception as error:  # a forwarder outlives whatever the service says
                again = chunk
                if failures & (failures + 1) == 0:
                    _log.warning("%s: PutRecords: %s: %s", self.shard_id, type(error).__name__, error)
            self.counters.add(records_put=len(chunk) - len(again))
            failures = failures + 1 if again else 0
            if again:
                waiting.appendleft(again)
                self.counters.add(put_failures=1)
                self._stopping.wait(self.backoff.seconds(failures))

    def _without_refused(self, chunk: list[ForwardedRecord], code: str) -> list[list[ForwardedRecord]]:
        """Halves what was refused together, in order. One that is refused alone is skipped, as DynamoDB skips it."""
        if len(chunk) > 1:
            middle = len(chunk) // 2
            return [chunk[:middle], chunk[middle:]]
        self.counters.add(changes_skipped=1)
        _log.warning(
            "%s: skipped a change: Kinesis refuses its record of %s bytes (%s). AWS skips such a change, too: see "
            "not-replicated in docs/operations.md.", self.shard_id, f"{len(chunk[0].data):,}", code,
        )  # fmt: skip
        return []
