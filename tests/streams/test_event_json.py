"""boto3's records become Lambda's events: shapes, times, binary values, identities."""

import json
from datetime import UTC, datetime

from streams.event_json import dynamodb_stream_record, item_key_text, kinesis_stream_record
from streams.record import event_json
from tests.streams.stream_fakes import KINESIS_ARN, STREAM_ARN, raw_change


def test_a_dynamodb_record_is_shaped_as_lambda_shapes_it() -> None:
    made = dynamodb_stream_record(raw_change(), STREAM_ARN)
    assert made.event_record == {
        "eventID": "0caa2f48",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1795225191.0,
            "Keys": {"id": {"S": "a"}},
            "NewImage": {
                "id": {"S": "a"},
                "b": {"B": "AAE="},
                "bs": {"BS": ["YQ==", "Yg=="]},
                "m": {"M": {"x": {"L": [{"B": "eg=="}, {"NULL": True}]}}},
            },
            "SequenceNumber": "000000017952251911920000000001",
            "SizeBytes": 26,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": STREAM_ARN,
    }
    assert made.sequence == 17952251911920000000001
    assert made.arrival_seconds == 1795225191
    assert b'"ApproximateCreationDateTime":1795225191.0,' in event_json(made.event_record), "a float, as AWS's"
    assert made.payload_bytes == len(json.dumps(made.event_record, separators=(",", ":"))) + 1


def test_a_ttl_delete_keeps_its_identity_in_lambdas_spelling() -> None:
    identity = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    made = dynamodb_stream_record(raw_change(eventName="REMOVE", userIdentity=identity), STREAM_ARN)
    assert made.event_record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert list(made.event_record)[-2:] == ["userIdentity", "eventSourceARN"]
    assert "userIdentity" not in dynamodb_stream_record(raw_change(), STREAM_ARN).event_record


def test_an_items_key_is_one_text_whatever_the_order_of_its_parts() -> None:
    one = item_key_text({"pk": {"S": "a"}, "sk": {"B": b"\xff"}})
    assert one == item_key_text({"sk": {"B": b"\xff"}, "pk": {"S": "a"}})
    assert one != item_key_text({"pk": {"S": "a"}, "sk": {"S": "/w=="}})


def test_a_kinesis_record_is_shaped_as_lambda_shapes_it() -> None:
    raw = {
        "SequenceNumber": "49590338271490256608559692538361571095921575989136588898",
        "ApproximateArrivalTimestamp": datetime(2018, 12, 17, 17, 4, 10, 987000, tzinfo=UTC),
        "Data": b"Hello, this is a test.",
        "PartitionKey": "1",
        "EncryptionType": "NONE",
    }
    made = kinesis_stream_record(raw, "shardId-000000000006", KINESIS_ARN, "us-east-1", "arn:aws:iam::1:role/r")
    assert made.event_record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
            "approximateArrivalTimestamp": 1545066250.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::1:role/r",
        "awsRegion": "us-east-1",
        "eventSourceARN": KINESIS_ARN,
    }
    assert made.lane_key == "1"
