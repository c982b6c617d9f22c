"""Makes the record that DynamoDB's Kinesis destination puts on a stream, from the table's stream record. No I/O."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from streams.record import StreamRecord, event_json

_NAMESPACE = uuid.UUID("6f1d9a52-6d0e-5b0e-9c43-2f5a0f3c7e11")


@dataclass(frozen=True, kw_only=True)
class ForwardedRecord:
    """What PutRecords gets for one change."""

    partition_key: str
    data: bytes


def forwarded_record(record: StreamRecord, *, table_name: str, microseconds: int) -> ForwardedRecord:
    """Makes AWS's envelope, with microsecond precision.

    The event id and the partition key come from the record too (a hash of stream and sequence number, and one of the
    item's key, 32 hexadecimal capitals), so that reading the stream again gives the same bytes. No `SequenceNumber` and
    no `StreamViewType`: AWS sends none. AWS always adds `OldImage` to MODIFY and REMOVE; here only if the
    table's stream has it. Shape, order and spelling: records captured on AWS, in the tests of commons-codec and
    lorrystream and in ClickHouse's manual.
    """
    source = record.event_record
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": microseconds,
        "Keys": source["dynamodb"]["Keys"],
    }
    for image in ("NewImage", "OldImage"):
        if image in source["dynamodb"]:
            change[image] = source["dynamodb"][image]
    change["SizeBytes"] = source["dynamodb"].get("SizeBytes", 0)
    change["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    body = {
        "awsRegion": source["awsRegion"],
        "eventID": str(uuid.uuid5(_NAMESPACE, f"{source['eventSourceARN']} {record.sequence_number}")),
        "eventName": source["eventName"],
        "userIdentity": source.get("userIdentity"),
        "recordFormat": "application/json",
        "tableName": table_name,
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }
    key = hashlib.blake2b(record.lane_key.encode(), digest_size=16).hexdigest().upper()
    return ForwardedRecord(partition_key=key, data=event_json(body))
