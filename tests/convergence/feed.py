"""The records of a history's changes, in the shape and order of its feed."""

from dataclasses import dataclass, field
from typing import Any

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND
from streams.record import StreamRecord
from tests.changefeed.records import kinesis_record, stream_record
from tests.convergence.history import KEYS, Change, History

KEY_NAMES = ("pk", "sk")

Image = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """A record of the feed: the item's key, its state then (None: removed), and DynamoDB's time of the change.

    `untimed` leaves that time out where the feed may.
    """

    key: int
    image: Image | None
    microseconds: int
    kind: str
    untimed: bool


@dataclass(kw_only=True)
class RecordFeed:
    """What the mapping reads. `prefix` goes before every partition key."""

    history: History
    prefix: str
    entries: list[FeedEntry] = field(default_factory=list)

    def add(self, change: Change, image: Image | None, now: float, offered: int) -> None:
        """Add the record of a change, in Kinesis maybe earlier than its place, but behind what was handed over."""
        entry = FeedEntry(
            key=change.key,
            image=image,
            microseconds=round(now * MICROSECONDS_PER_SECOND),
            kind=change.kind,
            untimed=change.untimed,
        )
        place = len(self.entries)
        if self.history.feed != "dynamodb_stream":
            place = max(offered, place - change.slot)
            if change.twice:
                self.entries.append(entry)
        self.entries.insert(place, entry)

    def records(self, start: int, end: int) -> list[StreamRecord]:
        """The records at these places, as the mapping holds them."""
        return [self._record(place) for place in range(start, end)]

    def key(self, number: int) -> Image:
        """The key attributes of an item."""
        partition, sort = KEYS[number]
        return {"pk": {"S": self.prefix + partition}, "sk": {"S": sort}}

    def _record(self, place: int) -> StreamRecord:
        entry, number = self.entries[place], place + self.history.first_number
        operation = "MODIFY" if entry.image else "REMOVE"
        image = entry.image or self.key(entry.key)
        seconds = entry.microseconds / MICROSECONDS_PER_SECOND
        if self.history.feed == "dynamodb_stream":
            time = None if entry.untimed else seconds
            raw = stream_record(image, number=number, seconds=time, operation=operation, key_names=KEY_NAMES)
        else:
            raw = kinesis_record(
                image,
                number=number,
                microseconds=entry.microseconds,
                operation=operation,
                precision=None if self.history.feed == "kinesis_milliseconds" else "MICROSECOND",
                key_names=KEY_NAMES,
            )
        if entry.kind == "ttl":
            raw["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        if entry.kind == "junk" and "dynamodb" in raw:
            raw["dynamodb"] = {"SequenceNumber": str(number)}
        elif entry.kind == "junk":
            raw["kinesis"] = {"sequenceNumber": str(number), "data": "%"}
        return StreamRecord(
            sequence_number=str(number), lane_key=str(entry.key), arrival_seconds=seconds, event_record=raw
        )
