"""Records of both feeds for tests, in AWS's shape, and the recorded events."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.fakes import NOW

EVENTS = Path(__file__).parent.parent / "events"
TABLE = "lab-table"


def recorded(name: str) -> Any:
    """A file of tests/events."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def item(key: str, **attributes: Mapping[str, Any]) -> dict[str, Any]:
    """An item of the table whose key is the text `id`."""
    return {"id": {"S": key}, **attributes}


def stream_record(
    image: Mapping[str, Any],
    *,
    number: int = 100,
    seconds: float | None = NOW,
    operation: str = "MODIFY",
    key_names: Sequence[str] = ("id",),
) -> dict[str, Any]:
    """A record of DynamoDB Streams; of a REMOVE, `image` is the item that was. `seconds` None: it has no time."""
    body: dict[str, Any] = {
        **({} if seconds is None else {"ApproximateCreationDateTime": int(seconds)}),
        "Keys": {name: image[name] for name in key_names},
        "SequenceNumber": str(number),
        "SizeBytes": 26,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    body["OldImage" if operation == "REMOVE" else "NewImage"] = image
    return {"eventName": operation, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "dynamodb": body}


def kinesis_record(
    image: Mapping[str, Any],
    *,
    number: int = 100,
    microseconds: int = int(NOW) * 1_000_000,
    operation: str = "MODIFY",
    precision: str | None = "MICROSECOND",
    key_names: Sequence[str] = ("id",),
    table: str = TABLE,
) -> dict[str, Any]:
    """A record of the table's Kinesis stream; `precision` None leaves the field out, as old records do."""
    body: dict[str, Any] = {
        "ApproximateCreationDateTime": microseconds // (1 if precision == "MICROSECOND" else 1_000),
        "Keys": {name: image[name] for name in key_names},
        "SizeBytes": 26,
    }
    if precision is not None:
        body["ApproximateCreationDateTimePrecision"] = precision
    body["OldImage" if operation == "REMOVE" else "NewImage"] = image
    change = {"eventName": operation, "tableName": table, "dynamodb": body, "eventSource": "aws:dynamodb"}
    data = base64.b64encode(json.dumps(change).encode()).decode()
    return {"kinesis": {"sequenceNumber": str(number), "data": data}, "eventSource": "aws:kinesis"}
