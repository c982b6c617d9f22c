"""Turns what boto3 read from a stream into the JSON that Lambda puts into an event; pure functions."""

import base64
import json
from datetime import datetime
from typing import Any

from streams.record import StreamRecord


def dynamodb_stream_record(raw: dict[str, Any], stream_arn: str) -> StreamRecord:
    """Converts a record of DynamoDB's GetRecords as Lambda sends it: times are seconds, binary values base64 text.

    A time is a float without a fraction, as recorded on AWS. A record without a known creation time (there are none on
    AWS) counts as made at 0. Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """
    change = plain_json(raw["dynamodb"])
    record = {
        "eventID": raw["eventID"],
        "eventName": raw["eventName"],
        "eventVersion": raw["eventVersion"],
        "eventSource": raw["eventSource"],
        "awsRegion": raw["awsRegion"],
        "dynamodb": change,
    }
    if raw.get("userIdentity"):
        # The API spells these with capitals, Lambda's event without.
        record["userIdentity"] = {
            "principalId": raw["userIdentity"]["PrincipalId"],
            "type": raw["userIdentity"]["Type"],
        }
    record["eventSourceARN"] = stream_arn
    return StreamRecord(
        sequence_number=change["SequenceNumber"],
        lane_key=item_key_text(change["Keys"]),
        arrival_seconds=float(change.get("ApproximateCreationDateTime", 0)),
        event_record=record,
    )


def kinesis_stream_record(
    raw: dict[str, Any], shard_id: str, stream_arn: str, region: str, invoke_identity_arn: str
) -> StreamRecord:
    """Converts a record of Kinesis's GetRecords as Lambda sends it: data are base64, arrival has milliseconds.

    Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    arrival = round(raw["ApproximateArrivalTimestamp"].timestamp(), 3)
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": raw["PartitionKey"],
            "sequenceNumber": raw["SequenceNumber"],
            "data": base64.b64encode(raw["Data"]).decode(),
            "approximateArrivalTimestamp": arrival,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{raw['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": invoke_identity_arn,
        "awsRegion": region,
        "eventSourceARN": stream_arn,
    }
    return StreamRecord(
        sequence_number=raw["SequenceNumber"],
        lane_key=raw["PartitionKey"],
        arrival_seconds=arrival,
        event_record=record,
    )


def item_key_text(keys: dict[str, Any]) -> str:
    """Writes an item key as one text, whatever the order of its attributes."""
    return json.dumps(plain_json(keys), sort_keys=True, separators=(",", ":"))


def plain_json(value: Any) -> Any:
    """Converts bytes to base64 text and times to whole epoch seconds, as floats like AWS's, all the way down."""
    if isinstance(value, dict):
        return {name: plain_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_json(member) for member in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return float(int(value.timestamp()))
    return value
