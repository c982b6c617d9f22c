"""What a stream's reader offers: its shards, and records from a position, without regard to which service it is."""

from dataclasses import dataclass
from typing import Literal, Protocol

from streams.record import StreamRecord

StartingPosition = Literal["TRIM_HORIZON", "LATEST"]
"""The ends of a stream from which a reader may begin."""


@dataclass(frozen=True, kw_only=True)
class ShardInfo:
    """A shard and the shards that must be read to their end before it, for the order of a key to survive a reshard."""

    shard_id: str
    parent_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where to read from: a named end of the shard, or a sequence number: from it on, or behind it."""

    kind: Literal["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]
    sequence_number: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """One page of a shard; `next_iterator` is None when the shard is closed and read to its end."""

    records: tuple[StreamRecord, ...]
    next_iterator: str | None


class IteratorExpiredError(Exception):
    """The iterator is too old or unknown: ask for another one, from the last record that was read."""


class RecordsTrimmedError(Exception):
    """The position lies before what the stream still keeps: go on from its oldest record."""


class ShardGoneError(Exception):
    """The stream no longer knows the shard."""


class StreamReader(Protocol):
    """A stream by its public API. Errors other than the three above are botocore's and mean: try again later."""

    def list_shards(self) -> list[ShardInfo]:
        """All shards, closed ones too."""

    def iterator(self, shard_id: str, position: Position) -> str:
        """A shard iterator for the position."""

    def read(self, shard_id: str, iterator: str) -> ReadResult:
        """The next page, as Lambda would hand it to a function."""
