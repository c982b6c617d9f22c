"""Writes what doesn't fit: an item whose attribute the index's mapping refuses, a record that no table wrote."""

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from demo.item_json import to_item
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from ops.batch_write import write_all


@dataclass(frozen=True, kw_only=True)
class MisfitIds:
    """Ids of this run only: what an earlier run has left in table and queues proves nothing."""

    refused: str
    neighbours: tuple[str, str]

    @classmethod
    def new(cls) -> "MisfitIds":
        """Makes fresh ones."""
        run = uuid.uuid4().hex[:8]
        return cls(refused=f"demo-refused-{run}", neighbours=(f"demo-before-{run}", f"demo-after-{run}"))


def write_refused(outputs: Mapping[str, Any], good: dict[str, Any], ids: MisfitIds) -> dict[str, Any]:
    """Writes a flight whose destination is a map where all others have a text, between two good ones, in one batch.

    Returns that flight.
    """
    refused = good | {"id": ids.refused, "destination": {"code": "LAX", "terminal": "B"}}
    rows = [good | {"id": ids.neighbours[0]}, refused, good | {"id": ids.neighbours[1]}]
    dynamodb = aws_client(outputs["aws_endpoint_url"], REGION, "dynamodb")
    write_all(dynamodb, outputs["table_name"], [{"PutRequest": {"Item": to_item(dict(row))}} for row in rows])
    return refused


def put_foreign_record(outputs: Mapping[str, Any]) -> bytes:
    """Puts a record onto the Kinesis stream that no table wrote. Returns its data."""
    data = json.dumps({"message": f"Is this thing on? {uuid.uuid4().hex}"}).encode()
    kinesis = aws_client(outputs["aws_endpoint_url"], REGION, "kinesis")
    kinesis.put_record(StreamName=outputs["kinesis_stream_name"], PartitionKey="a stranger", Data=data)
    return data


def parked_with(messages: Iterable[Mapping[str, Any]], data: bytes) -> list[Mapping[str, Any]]:
    """Picks the messages whose Kinesis record holds exactly this data."""
    encoded = base64.b64encode(data).decode()
    return [message for message in messages if _data(message.get("record")) == encoded]


def _data(record: Any) -> Any:
    kinesis = record.get("kinesis") if isinstance(record, dict) else None
    return kinesis.get("data") if isinstance(kinesis, dict) else None
