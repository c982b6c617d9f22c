"""Writes what doesn't fit: an item whose attribute the index's mapping refuses, a record that no table wrote."""

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from demo.item_json import to_item
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from ops.batch_write import write_all

REFUSED = "demo-refused"
NEIGHBOURS = ("demo-before", "demo-after")
"""The same in each run, so that a second one leaves no more items. The number of their change says whose they are."""


def write_refused(outputs: Mapping[str, Any], good: dict[str, Any]) -> dict[str, Any]:
    """Writes a flight whose destination is a map where all others have a text, between two good ones, in one batch.

    Returns that flight.
    """
    refused = good | {"id": REFUSED, "destination": {"code": "LAX", "terminal": "B"}}
    rows = [good | {"id": NEIGHBOURS[0]}, refused, good | {"id": NEIGHBOURS[1]}]
    dynamodb = aws_client(outputs["aws_endpoint_url"], REGION, "dynamodb")
    write_all(dynamodb, outputs["table_name"], [{"PutRequest": {"Item": to_item(dict(row))}} for row in rows])
    return refused


def is_of_run(written: Mapping[str, Any], item: Mapping[str, Any] | None) -> bool:
    """Says whether the item or document is of the run that has written this one."""
    return item is not None and item.get("change") == written["change"]


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
