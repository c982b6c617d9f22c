"""Keeps the lanes of one shard and its checkpoint, which moves only over settled records. No I/O."""

import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.runners.mapping.lane import Lane
from local.runners.mapping.settings import MappingSettings
from local.runners.polling.backoff import Backoff
from streams.record import StreamRecord


@dataclass(kw_only=True)
class MappingShard:
    """Spreads a shard's records over `parallelization_factor` lanes by a stable hash of their key.

    A key is always in the same lane, so its order is kept; at most one invocation a lane is in flight. Source:
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html ("parallelization factor")
    """

    settings: MappingSettings
    backoff: Backoff = field(default_factory=Backoff)
    lanes: list[Lane] = field(init=False)
    checkpoint: str | None = None
    """The sequence number up to and with which everything is settled, as the stream gave it."""
    _unsettled: deque[StreamRecord] = field(default_factory=deque)
    _settled_ahead: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Makes the lanes."""
        factor = self.settings.parallelization_factor
        self.lanes = [Lane(settings=self.settings, backoff=self.backoff) for _ in range(factor)]

    @property
    def pending(self) -> int:
        """Counts the records of all lanes that are not settled."""
        return sum(lane.pending for lane in self.lanes)

    def offer(self, records: Iterable[StreamRecord], now: float) -> None:
        """Hands records, in the shard's order, to their lanes."""
        for record in records:
            self._unsettled.append(record)
            self.lanes[lane_of(record.lane_key, len(self.lanes))].offer((record,), now)

    def settle(self, records: Iterable[StreamRecord]) -> None:
        """Notes what a lane has settled and moves the checkpoint as far as there is no gap."""
        self._settled_ahead.update(record.sequence for record in records)
        while self._unsettled and self._unsettled[0].sequence in self._settled_ahead:
            record = self._unsettled.popleft()
            self._settled_ahead.discard(record.sequence)
            self.checkpoint = record.sequence_number


def lane_of(lane_key: str, lanes: int) -> int:
    """Returns the lane of a key: the same in every process, unlike Python's `hash`."""
    return zlib.crc32(lane_key.encode()) % lanes
