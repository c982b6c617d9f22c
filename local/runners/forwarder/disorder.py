"""Repeats and reorders records on purpose, as DynamoDB's Kinesis destination is documented to do now and then."""

import heapq
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.runners.forwarder.record import ForwardedRecord


@dataclass(kw_only=True)
class Disorder:
    """Off by default. What happens to the n-th record depends on the seed and n only, not on how pages fall.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html ("duplicate records might
    occasionally appear", order by the timestamp).
    """

    duplicate_probability: float = 0
    reorder_window: int = 0
    """How many later records may overtake one; also how far a repeat may come after its original."""
    seed: int = 0
    _count: int = 0
    _pushed: int = 0
    _held: list[tuple[float, int, ForwardedRecord]] = field(default_factory=list)

    def apply(self, records: Iterable[ForwardedRecord]) -> list[ForwardedRecord]:
        """Returns records that are due; up to `reorder_window` of them are held back for later ones to overtake."""
        for record in records:
            chance = random.Random(f"{self.seed}:{self._count}")  # noqa: S311 - a simulation, not a secret
            self._push(self._count + chance.uniform(0, self.reorder_window), record)
            if chance.random() < self.duplicate_probability:
                self._push(self._count + chance.uniform(0, self.reorder_window), record)
            self._count += 1
        return self._release(self._count - 1)

    def flush(self) -> list[ForwardedRecord]:
        """Returns everything that is held back: the stream is quiet, nothing will overtake it soon."""
        return self._release(float("inf"))

    def _push(self, rank: float, record: ForwardedRecord) -> None:
        heapq.heappush(self._held, (rank, self._pushed, record))
        self._pushed += 1

    def _release(self, up_to: float) -> list[ForwardedRecord]:
        due: list[ForwardedRecord] = []
        while self._held and self._held[0][0] <= up_to:
            due.append(heapq.heappop(self._held)[2])
        return due
