"""Holds one record of a stream: Lambda's JSON of it, and what ordering, lanes and limits need."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """A record between its shard and its function."""

    sequence_number: str
    """As the stream gave it; compare `sequence`, never this text ("10" < "9" as text)."""
    lane_key: str
    """What order is kept for: the item's key, or the Kinesis partition key."""
    arrival_seconds: float
    """Epoch seconds of creation (DynamoDB: whole seconds) or arrival (Kinesis: milliseconds)."""
    event_record: dict[str, Any] = field(repr=False)
    """The member of the event's `Records`, ready for JSON."""

    sequence: int = field(init=False, repr=False)
    payload_bytes: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Derives once what every batch asks for."""
        object.__setattr__(self, "sequence", int(self.sequence_number))
        object.__setattr__(self, "payload_bytes", len(event_json(self.event_record)) + 1)


def event_json(value: Any) -> bytes:
    """Writes compact UTF-8 JSON: what is counted against the payload limit is exactly what is sent."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
