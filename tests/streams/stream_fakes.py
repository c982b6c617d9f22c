"""Records and a reader in memory, for tests of what reads streams."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from streams.reader import IteratorExpiredError, Position, ReadResult, ShardInfo
from streams.record import StreamRecord

NOW = 1_700_000_000.0
STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/lab-table/stream/2024-01-01T00:00:00.000"
KINESIS_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/kinesis-stream-data-lab"


def record(sequence: int | str, *, key: str = "k", arrival: float = NOW, padding: int = 0) -> StreamRecord:
    """A stream record whose event member says its sequence number and key."""
    member: dict[str, Any] = {"seq": str(sequence), "key": key}
    if padding:
        member["padding"] = "x" * padding
    return StreamRecord(sequence_number=str(sequence), lane_key=key, arrival_seconds=arrival, event_record=member)


def records(count: int, *, first: int = 1, key: str = "k") -> tuple[StreamRecord, ...]:
    """Records with consecutive sequence numbers."""
    return tuple(record(number, key=key) for number in range(first, first + count))


def sequences(of: tuple[StreamRecord, ...]) -> list[int]:
    """The sequence numbers as integers."""
    return [one.sequence for one in of]


def raw_change(**changes: Any) -> dict[str, Any]:
    """A record of a table's stream as boto3 gives it."""
    return {
        "eventID": "0caa2f48",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 11, 21, 1, 39, 51, tzinfo=UTC),
            "Keys": {"id": {"S": "a"}},
            "NewImage": {
                "id": {"S": "a"},
                "b": {"B": b"\x00\x01"},
                "bs": {"BS": [b"a", b"b"]},
                "m": {"M": {"x": {"L": [{"B": b"z"}, {"NULL": True}]}}},
            },
            "SequenceNumber": "000000017952251911920000000001",
            "SizeBytes": 26,
            "StreamViewType": "NEW_IMAGE",
        },
        **changes,
    }


@dataclass(kw_only=True)
class FakeReader:
    """A stream in memory; an iterator is `shard/index`, and `errors` are raised by the next reads."""

    shards: dict[str, list[StreamRecord]]
    parents: dict[str, set[str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    expire_after_each_read: bool = False
    page: int = 1000
    listing: Callable[[], None] = lambda: None
    iterators: list[tuple[str, Position]] = field(default_factory=list)
    _valid: set[str] = field(default_factory=set)

    def list_shards(self) -> list[ShardInfo]:
        """The shards there are."""
        self.listing()
        return [ShardInfo(shard_id=shard, parent_ids=frozenset(self.parents.get(shard, ()))) for shard in self.shards]

    def iterator(self, shard_id: str, position: Position) -> str:
        """By index."""
        self.iterators.append((shard_id, position))
        kept = self.shards[shard_id]
        if position.kind == "AFTER_SEQUENCE_NUMBER":
            index = [one.sequence_number for one in kept].index(position.sequence_number or "") + 1
        else:
            index = len(kept) if position.kind == "LATEST" else 0
        self._valid.add(f"{shard_id}/{index}")
        return f"{shard_id}/{index}"

    def read(self, shard_id: str, iterator: str) -> ReadResult:
        """A page."""
        if self.errors:
            raise self.errors.pop(0)
        if iterator not in self._valid:
            raise IteratorExpiredError(iterator)
        index = int(iterator.split("/")[1])
        found = tuple(self.shards[shard_id][index : index + self.page])
        index += len(found)
        if self.expire_after_each_read:
            self._valid.clear()
        else:
            self._valid.add(f"{shard_id}/{index}")
        is_end = shard_id in self.closed and index == len(self.shards[shard_id])
        return ReadResult(records=found, next_iterator=None if is_end else f"{shard_id}/{index}")
