"""What a function gets, each record as AWS was recorded, or as docs/local.md says that it differs.

The embedded AWS makes the changes and our readers read them. The facts are those of test_as_recorded.py's recordings.
"""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.runners.forwarder.record import forwarded_record
from local.runners.queue_record import queue_record
from local.services.ministack import REGION
from streams.dynamodb import DynamoDBStreamReader
from streams.event_json import dynamodb_stream_record
from streams.kinesis import KinesisStreamReader
from streams.reader import Position, StreamReader
from streams.record import StreamRecord
from tests.local.as_recorded import Case
from tests.local.mapping_fakes import Ministack, running_ministack
from tests.streams.stream_fakes import STREAM_ARN, raw_change

pytestmark = pytest.mark.local
ROLE = "arn:aws:iam::000000000000:role/r"
_names = (f"recorded-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def cloud() -> Iterator[Ministack]:
    with running_ministack() as ministack:
        yield ministack


def read(reader: StreamReader) -> list[StreamRecord]:
    (shard,) = reader.list_shards()
    return list(reader.read(shard.shard_id, reader.iterator(shard.shard_id, Position(kind="TRIM_HORIZON"))).records)


class Table:
    """A new table with a stream."""

    def __init__(self, cloud: Ministack, view: str = "NEW_IMAGE") -> None:
        self.name, self._cloud = next(_names), cloud
        self._stream_arn = cloud.table(self.name, view)
        self.client = cloud.client("dynamodb")

    def put(self, key: str, value: str = "1") -> None:
        self.client.put_item(TableName=self.name, Item={"id": {"S": key}, "value": {"S": value}})

    def changes(self) -> list[StreamRecord]:
        return read(DynamoDBStreamReader(client=self._cloud.client("dynamodbstreams"), stream_arn=self._stream_arn))

    def bodies(self) -> list[Any]:
        return [change.event_record["dynamodb"] for change in self.changes()]


def table_record(cloud: Ministack) -> tuple[list[str], list[str]]:
    table = Table(cloud)
    table.put("a")
    (change,) = table.changes()
    return list(change.event_record), list(change.event_record["dynamodb"])


def times(cloud: Ministack) -> tuple[type, bool]:
    table = Table(cloud)
    table.put("a")
    time = table.bodies()[0]["ApproximateCreationDateTime"]
    return type(time), time == int(time)


def sizes(cloud: Ministack) -> list[int]:
    table = Table(cloud, "NEW_AND_OLD_IMAGES")
    table.put("abc", "1234")
    table.put("abc", "12")
    table.client.delete_item(TableName=table.name, Key={"id": {"S": "abc"}})
    forwarded = [forwarded_record(each, table_name="t", microseconds=1).data for each in table.changes()]
    found = [body["SizeBytes"] for body in table.bodies()]
    assert [int(re.findall(rb'"SizeBytes":([0-9]+)', data)[0]) for data in forwarded] == found
    return found


def numbers(cloud: Ministack) -> tuple[bool, bool, bool]:
    """Returns: ids are 32 hexadecimal digits; numbers have 21 to 27 digits, no leading zero; their order is as text's.

    A hundred changes: wherever the emulator's counter stands, the numbers get longer among them.
    """
    table = Table(cloud)
    for number in range(100):
        table.put(f"{number}")
    changes = table.changes()
    texts = [change.sequence_number for change in changes]
    assert [change.sequence for change in changes] == sorted(change.sequence for change in changes)
    return (
        all(re.fullmatch("[0-9a-f]{32}", change.event_record["eventID"]) for change in changes),
        all(re.fullmatch("[1-9][0-9]{20,26}", text) for text in texts),
        texts == sorted(texts),
    )


def expired(_cloud: Ministack) -> tuple[list[str], list[tuple[str, str]]]:
    identity = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    made = dynamodb_stream_record(raw_change(eventName="REMOVE", userIdentity=identity), STREAM_ARN).event_record
    return list(made)[-2:], list(made["userIdentity"].items())


def without_images(cloud: Ministack) -> tuple[list[str], list[str]]:
    table = Table(cloud, "KEYS_ONLY")
    table.put("a")
    table.put("a")
    put = {"Put": {"TableName": table.name, "Item": {"id": {"S": "b"}}}}
    table.client.transact_write_items(
        TransactItems=[put, {"Delete": {"TableName": table.name, "Key": {"id": {"S": "a"}}}}]
    )
    return [change.event_record["eventName"] for change in table.changes()], list(table.bodies()[0])


def kinesis_record(cloud: Ministack) -> tuple[list[str], list[str], type, bool, str]:
    arn = cloud.stream(next(_names))
    client = cloud.client("kinesis")
    client.put_record(StreamARN=arn, Data=b"x", PartitionKey="p")
    (found,) = read(KinesisStreamReader(client=client, stream_arn=arn, region=REGION, invoke_identity_arn=ROLE))
    made = found.event_record
    is_id = made["eventID"] == f"shardId-000000000000:{found.sequence_number}"
    time = made["kinesis"]["approximateArrivalTimestamp"]
    return list(made), list(made["kinesis"]), type(time), is_id, made["invokeIdentityArn"]


def modification(cloud: Ministack) -> tuple[list[str], list[str]]:
    """As the program's table has it: a stream of new images."""
    table = Table(cloud)
    table.put("a", "1")
    table.put("a", "2")
    body = json.loads(forwarded_record(table.changes()[1], table_name=table.name, microseconds=1).data)
    return list(body), list(body["dynamodb"])


def message(cloud: Ministack) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns a message as the queue gives it, and as a function gets it."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=next(_names))["QueueUrl"]
    sqs.send_message(
        QueueUrl=url, MessageBody="b", MessageAttributes={"kind": {"DataType": "Number", "StringValue": "6"}}
    )
    (received,) = sqs.receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"], WaitTimeSeconds=1
    )["Messages"]
    return received, queue_record(received, f"arn:aws:sqs:{REGION}:000000000000:q")


TIME, PRECISION = "ApproximateCreationDateTime", "ApproximateCreationDateTimePrecision"
TABLE_RECORD = ["eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN"]
KINESIS_RECORD = ["kinesis", "eventSource", "eventVersion", "eventID", "eventName", "invokeIdentityArn", "awsRegion",
                  "eventSourceARN"]  # fmt: skip
KINESIS_PART = ["kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp"]
REPLICATED = ["awsRegion", "eventID", "eventName", "userIdentity", "recordFormat", "tableName", "dynamodb",
              "eventSource"]  # fmt: skip
MESSAGE = ["messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfMessageAttributes",
           "md5OfBody", "eventSource", "eventSourceARN", "awsRegion"]  # fmt: skip
ADDED = {"ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"}

CASES = [
    Case(
        situation="table's record: members in their order",
        aws=(TABLE_RECORD, [TIME, "Keys", "NewImage", "SequenceNumber", "SizeBytes", "StreamViewType"]),
        ours=table_record,
    ),
    Case(situation="its `ApproximateCreationDateTime`", aws=(float, True), ours=times),
    Case(situation="its `SizeBytes`", aws=[5 + 14, 5 + 12 + 14, 5 + 12], ours=sizes),
    Case(situation="its `eventID` and `SequenceNumber`", aws=(True, True, False), ours=numbers),
    Case(
        situation="`userIdentity` of a deletion by time to live",
        aws=(["userIdentity", "eventSourceARN"], [("principalId", "dynamodb.amazonaws.com"), ("type", "Service")]),
        ours=expired,
    ),
    Case(
        situation="writes that change nothing, transactions, `KEYS_ONLY`",
        aws=(["INSERT", "INSERT", "REMOVE"], [TIME, "Keys", "SequenceNumber", "SizeBytes", "StreamViewType"]),
        ours=without_images,
    ),
    Case(situation="Kinesis record", aws=(KINESIS_RECORD, KINESIS_PART, float, True, ROLE), ours=kinesis_record),
    Case(
        situation="table's modification on a Kinesis stream",
        aws=(REPLICATED, [TIME, "Keys", "NewImage", "OldImage", "SizeBytes", PRECISION]),
        ours=modification,
        here=(REPLICATED, [TIME, "Keys", "NewImage", "SizeBytes", PRECISION]),
    ),
    Case(situation="queue's message with an attribute", aws=MESSAGE, ours=lambda cloud: list(message(cloud)[1])),
    Case(
        situation="a destination's message: what the queue adds",
        aws=ADDED | {"AWSTraceHeader"},
        ours=lambda cloud: set(message(cloud)[0]["Attributes"]),
        here=ADDED,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.situation)
def test_it_is_as_recorded_or_as_the_page_says(case: Case, cloud: Ministack) -> None:
    case.check(cloud)
