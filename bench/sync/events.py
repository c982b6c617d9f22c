"""Makes changes as Lambda hands them over: batches of records of either feed, as the JSON that its runtime parses."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.sync.documents import Change

BATCH = 1_000
TABLE = "bench"
NOTHING_FAILED: Any = {"batchItemFailures": []}
_COMPACT = (",", ":")
_FIRST_SEQUENCE_NUMBER = 4421584500000000017450439091


def batches(changes: Sequence[Change], size: int = BATCH) -> Iterator[Sequence[Change]]:
    """Cuts a workload as an event source mapping would."""
    for start in range(0, len(changes), size):
        yield changes[start : start + size]


def first_version(count: int, now: float) -> int:
    """Gives the first version, in microseconds since the epoch, so that the last of all changes happened just now."""
    return int(now * 1_000_000) - count


def dynamodb_events(changes: Sequence[Change], now: float) -> list[str]:
    """Makes events of the table's own stream, whose view is NEW_IMAGE."""
    version = first_version(len(changes), now)
    records = [_stream_record(change, number, version + number) for number, change in enumerate(changes)]
    return [json.dumps({"Records": part}, separators=_COMPACT) for part in _cut(records)]


def kinesis_events(changes: Sequence[Change], now: float, *, modified: bool = False) -> list[str]:
    """Makes events of the table's Kinesis stream. `modified` adds an old image to every new one, as a MODIFY has."""
    version = first_version(len(changes), now)
    records = [_kinesis_record(change, number, version + number, modified) for number, change in enumerate(changes)]
    return [json.dumps({"Records": part}, separators=_COMPACT) for part in _cut(records)]


def _cut(records: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(records), BATCH):
        yield records[start : start + BATCH]


def _stream_record(change: Change, number: int, version: int) -> dict[str, Any]:
    image = {"NewImage": change.image} if change.image is not None else {}
    return {
        "eventID": f"c4ca4238a0b923820dcc50{number:010}",
        "eventName": "REMOVE" if change.image is None else "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": version // 1_000_000,
            "Keys": change.key,
            **image,
            "SequenceNumber": str(_FIRST_SEQUENCE_NUMBER + number),
            "SizeBytes": 1_000,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}/stream/2026-01-02T03:04:05.000",
    }


def _kinesis_record(change: Change, number: int, version: int, modified: bool) -> dict[str, Any]:
    new: Mapping[str, Any] = {"NewImage": change.image} if change.image is not None else {}
    old: Mapping[str, Any] = {"OldImage": change.image or change.key} if modified or change.image is None else {}
    data = {
        "awsRegion": "us-east-1",
        "eventID": f"4d2b1a7e-0000-4000-8000-{number:012}",
        "eventName": "REMOVE" if change.image is None else "MODIFY" if modified else "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": TABLE,
        "dynamodb": {
            "ApproximateCreationDateTime": version,
            "Keys": change.key,
            **new,
            **old,
            "SizeBytes": 1_000,
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
        },
        "eventSource": "aws:dynamodb",
    }
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": f"{number:032X}",
            "sequenceNumber": f"495451152434909850182800677149731445{number:020}",
            "data": base64.b64encode(json.dumps(data, separators=_COMPACT).encode()).decode(),
            "approximateArrivalTimestamp": version / 1_000_000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/bench",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/bench",
    }
