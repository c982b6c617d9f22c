"""What an arm is: a way to bring changes into an index. It is prepared outside the clock and run batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from bench.sync.documents import Change

Entry = TypeVar("Entry")
Batches = Sequence[Callable[[], None]]
"""What is timed: a call writes one batch, and they are called in order, maybe with other arms' between them."""


class Target(NamedTuple):
    """Where an arm writes."""

    url: str
    index_name: str


Arm = Callable[[Sequence[Change], Target, float], Batches]
"""From changes, target and the time that the last change happened."""


def cut(entries: Sequence[Entry], size: int = 1_000) -> Iterator[Sequence[Entry]]:
    """Cuts a sequence into batches."""
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
