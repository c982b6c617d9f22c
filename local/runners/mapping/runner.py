"""Runs one event source mapping as Lambda's pollers do: from a stream's shards to a function, with AWS's retry rules.

Positions live in memory only: a new runner begins at the mapping's starting position.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from local.runners.counters import Counters
from local.runners.invocation import Invoke
from local.runners.mapping.destination import Deliver
from local.runners.mapping.settings import MappingSettings
from local.runners.mapping.status import MappingStatus
from local.runners.mapping.workers import ShardWorkers
from local.runners.polling.backoff import Backoff
from local.runners.polling.walker import ShardSink, StreamWalker
from local.runners.times import steady_clock
from streams.reader import StreamReader


@dataclass(kw_only=True)
class MappingRunner:
    """A started mapping: a thread for the list of shards, one a shard, and one a lane of each shard."""

    settings: MappingSettings
    reader: StreamReader
    invoke: Invoke
    deliver: Deliver | None = None
    """The failure destination; None drops what is given up, as a mapping without a destination does."""
    backoff: Backoff = field(default_factory=Backoff)
    poll_interval_seconds: float = 0.05
    clock: Callable[[], float] = field(default_factory=steady_clock)
    _counters: Counters[MappingStatus] = field(default_factory=lambda: Counters(MappingStatus()))
    _workers: dict[str, ShardWorkers] = field(default_factory=dict)
    _walker: StreamWalker = field(init=False)

    def __post_init__(self) -> None:
        """Wire the walker to the workers; nothing runs yet."""
        self._walker = StreamWalker(
            name=f"mapping-{self.settings.function_name}",
            reader=self.reader,
            starting_position=self.settings.starting_position,
            open_sink=self._open_shard,
            poll_interval_seconds=self.poll_interval_seconds,
        )

    def start(self) -> None:
        """Begin; returns at once. Call it once."""
        self._walker.start()

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """End all threads; False when an invocation was still running after the time.

        A batch under way is not waited for beyond that, and is delivered again by a later runner.
        """
        deadline = time.monotonic() + timeout_seconds
        ended = self._walker.stop(timeout_seconds)
        for workers in list(self._workers.values()):
            ended = workers.join(max(0.0, deadline - time.monotonic())) and ended
        return ended

    def wait_until_reading(self, timeout_seconds: float) -> bool:
        """Wait until the first shards have iterators; needed only with LATEST, before the first write."""
        return self._walker.wait_until_reading(timeout_seconds)

    def wait_until_drained(self, timeout_seconds: float) -> bool:
        """Wait until everything written before this call is settled or given up; False after the time."""
        return self._walker.wait_until_drained(timeout_seconds)

    def status(self) -> MappingStatus:
        """Counters, pending records and checkpoints now."""
        workers = dict(self._workers)
        return self._counters.status(
            poll_failures=self._walker.poll_failures,
            pending_records=sum(one.pending for one in workers.values()),
            checkpoints={shard_id: one.checkpoint for shard_id, one in workers.items()},
        )

    def _open_shard(self, shard_id: str) -> ShardSink:
        workers = ShardWorkers(
            settings=self.settings,
            shard_id=shard_id,
            invoke=self.invoke,
            deliver=self.deliver,
            counters=self._counters,
            clock=self.clock,
            backoff=self.backoff,
        )
        self._workers[shard_id] = workers
        return workers
