"""Reads all shards of a stream for as long as it runs: one thread a shard, parents before children, whatever fails."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from local.runners.polling.backoff import Backoff
from local.runners.polling.shard_order import startable_shards
from streams.cursor import ShardCursor
from streams.reader import Position, ShardGoneError, ShardInfo, StartingPosition, StreamReader
from streams.record import StreamRecord

_log = logging.getLogger(__name__)


class ShardSink(Protocol):
    """Takes the records of one shard."""

    def accept(self, records: tuple[StreamRecord, ...]) -> None:
        """Take a page, also an empty one; blocking is how a sink slows its reader down."""

    def finish(self) -> bool:
        """The shard has ended: wait until all of it is settled; False when stopped before that."""

    def stop(self) -> None:
        """End soon, leaving unsettled what is not settled; makes blocked calls return."""

    def is_empty(self) -> bool:
        """True when nothing accepted is unsettled."""


@dataclass(kw_only=True)
class StreamWalker:
    """Feeds every shard of a stream to a sink of its own.

    Positions live in memory: a new walker begins at its starting position. Shards that appear later are read from
    their beginning, with LATEST too, because they hold what was written since the start.
    Any error of a poll is logged in one line and followed by a wait of 0.1 to 5 s; no error ends a thread.
    """

    name: str
    reader: StreamReader
    starting_position: StartingPosition
    open_sink: Callable[[str], ShardSink]
    poll_interval_seconds: float = 0.05
    list_interval_seconds: float = 5.0
    backoff: Backoff = field(default_factory=lambda: Backoff(first_seconds=0.1, cap_seconds=5))
    poll_failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _relist: threading.Event = field(default_factory=threading.Event)
    _finished_when_listed: set[str] | None = None  # None: not listed yet
    _listed_at: float = -math.inf
    _threads: list[threading.Thread] = field(default_factory=list)
    _sinks: dict[str, ShardSink] = field(default_factory=dict)
    _finished: set[str] = field(default_factory=set)
    _opened: set[str] = field(default_factory=set)
    _empty_since: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Begin reading; returns at once. Call it once."""
        if self._threads:
            raise RuntimeError(f"{self.name} was started before")
        self._spawn("shards", self._list_until_stopped)

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """Stop reading and join all threads; False when one was still busy, for instance in an invocation."""
        deadline = time.monotonic() + timeout_seconds
        self._stopping.set()
        self._relist.set()
        with self._lock:
            sinks, threads = list(self._sinks.values()), list(self._threads)
        for sink in sinks:
            sink.stop()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def wait_until_reading(self, timeout_seconds: float) -> bool:
        """Wait until every shard of the first listing has its iterator: with LATEST, what is written now is read."""
        return self._wait_for(self._is_reading, timeout_seconds)

    def wait_until_drained(self, timeout_seconds: float) -> bool:
        """Wait until everything written before this call is read and settled."""
        begun = time.monotonic()
        self._relist.set()
        return self._wait_for(lambda: self.is_drained_since(begun), timeout_seconds)

    def is_drained_since(self, moment: float) -> bool:
        """True when, since `moment` of `time.monotonic`, shards were listed and gave an empty page, and all is settled.

        Without `wait_until_drained`, a listing is up to `list_interval_seconds` old.
        """
        with self._lock:
            if self._listed_at < moment or self._finished_when_listed != self._finished:
                return False  # there may be shards that are not known yet, children of one that ended for instance
            active = {shard: sink for shard, sink in self._sinks.items() if shard not in self._finished}
            return all(
                self._empty_since.get(shard, -1.0) >= moment and sink.is_empty() for shard, sink in active.items()
            )

    def _is_reading(self) -> bool:
        with self._lock:
            return self._finished_when_listed is not None and bool(self._sinks) and set(self._sinks) <= self._opened

    def _wait_for(self, condition: Callable[[], bool], timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() >= deadline or self._stopping.wait(0.01):
                return condition()
        return True

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=f"{self.name}-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _list_until_stopped(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._relist.clear()
            begun, finished = time.monotonic(), set(self._finished)
            try:
                self._start_shards(self.reader.list_shards(), finished)
            except Exception as error:  # a poller outlives whatever the service says
                failures += 1
                self._note_failure("listing shards", error, failures)
                continue
            failures, self._listed_at = 0, begun
            self._relist.wait(self.list_interval_seconds)

    def _start_shards(self, shards: list[ShardInfo], finished: set[str]) -> None:
        with self._lock:
            is_first = self._finished_when_listed is None
            for shard in startable_shards(shards, started=self._sinks, finished=finished):
                if self._stopping.is_set():
                    return
                sink = self.open_sink(shard.shard_id)
                self._sinks[shard.shard_id] = sink
                position = Position(kind=self.starting_position if is_first else "TRIM_HORIZON")
                cursor = ShardCursor(
                    reader=self.reader, shard_id=shard.shard_id, start=position, started_at_seconds=time.time()
                )
                self._spawn(shard.shard_id, lambda cursor=cursor, sink=sink: self._read_shard(cursor, sink))  # type: ignore[misc]
            self._finished_when_listed = finished

    def _read_shard(self, cursor: ShardCursor, sink: ShardSink) -> None:
        failures = 0
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                cursor.open()
                self._opened.add(cursor.shard_id)
                records = cursor.read()
            except ShardGoneError as error:
                failures += 1
                if self._is_gone(cursor.shard_id):
                    _log.warning("%s: shard %s no longer exists: %s", self.name, cursor.shard_id, error)
                    break
                self._note_failure(f"shard {cursor.shard_id}", error, failures)
                continue
            except Exception as error:  # a poller outlives whatever the service says
                failures += 1
                self._note_failure(f"shard {cursor.shard_id}", error, failures)
                continue
            failures = 0
            sink.accept(records)
            if cursor.is_closed:
                break
            if not records:
                self._empty_since[cursor.shard_id] = begun
                self._stopping.wait(self.poll_interval_seconds)
        if not self._stopping.is_set() and sink.finish():
            with self._lock:
                self._finished.add(cursor.shard_id)
            self._relist.set()

    def _is_gone(self, shard_id: str) -> bool:
        try:
            return shard_id not in {shard.shard_id for shard in self.reader.list_shards()}
        except Exception:  # the stream itself may be away: that is no proof that the shard is
            return False

    def _note_failure(self, what: str, error: Exception, failures: int) -> None:
        self.poll_failures += 1
        if failures & (failures - 1) == 0:  # the 1st, 2nd, 4th, 8th: an outage shall not fill the log
            _log.warning("%s: %s failed (%d in a row): %s: %s", self.name, what, failures, type(error).__name__, error)
        self._stopping.wait(self.backoff.seconds(failures))
