"""Stand-ins for what a redrive takes from: a queue, a bucket and a stream, in the shapes that boto3 gives.

What they are asked and what they answer is checked against botocore's own models.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes import FakeClock, client_error
from tests.service_models.fake_client import speaks


@dataclass(kw_only=True)
class Message:
    """A message in the queue; `receipt` counts how often it was received."""

    body: str
    visible_at: float = 0.0
    receipt: int = 0


@speaks("sqs")
@dataclass(kw_only=True)
class FakeSqs:
    """A boto3 SQS client with one standard queue. `twice` hands out messages that are in flight once more."""

    clock: FakeClock
    messages: dict[str, Message] = field(default_factory=dict)
    twice: int = 0
    undeletable: set[str] = field(default_factory=set)
    before_delete: Callable[[], None] = lambda: None
    calls: list[str] = field(default_factory=list)
    sent: int = 0

    def send(self, body: str) -> str:
        self.sent += 1
        name = f"message-{self.sent:05d}"
        self.messages[name] = Message(body=body)
        return name

    @property
    def visible(self) -> list[str]:
        """Messages that another receiver would get now."""
        return [name for name, message in self.messages.items() if message.visible_at <= self.clock.now]

    def get_queue_attributes(self, **arguments: Any) -> dict[str, Any]:
        visible = len(self.visible)
        counts = {
            "ApproximateNumberOfMessages": visible,
            "ApproximateNumberOfMessagesNotVisible": len(self.messages) - visible,
        }
        return {"Attributes": {name: str(counts[name]) for name in arguments["AttributeNames"]}}

    def receive_message(self, **arguments: Any) -> dict[str, Any]:
        assert 1 <= arguments["MaxNumberOfMessages"] <= 10
        assert 0 <= arguments["VisibilityTimeout"] <= 43_200
        self.calls.append("receive")
        names = self.visible
        if self.twice > 0:
            self.twice -= 1
            names = names + [name for name in self.messages if name not in names]
        given = []
        for name in names[: arguments["MaxNumberOfMessages"]]:
            message = self.messages[name]
            message.receipt += 1
            message.visible_at = self.clock.now + arguments["VisibilityTimeout"]
            given.append(
                {
                    "MessageId": name,
                    "ReceiptHandle": f"{name}#{message.receipt}",
                    "MD5OfBody": "-",
                    "Body": message.body,
                }
            )
        if not given:
            self.clock.now += arguments["WaitTimeSeconds"]
        return {"Messages": given} if given else {}

    def delete_message_batch(self, **arguments: Any) -> dict[str, Any]:
        self.before_delete()
        self.calls.append("delete")
        return self._each(arguments["Entries"], lambda name, _: self.messages.pop(name, None), self.undeletable)

    def change_message_visibility_batch(self, **arguments: Any) -> dict[str, Any]:
        self.calls.append("visibility")

        def change(name: str, entry: dict[str, Any]) -> None:
            if name in self.messages:
                self.messages[name].visible_at = self.clock.now + entry["VisibilityTimeout"]

        return self._each(arguments["Entries"], change, set())

    def _each(
        self, entries: Sequence[dict[str, Any]], do: Callable[[str, dict[str, Any]], Any], refused: set[str]
    ) -> dict[str, Any]:
        assert 1 <= len(entries) <= 10, "a batch call takes 1 to 10 entries"
        assert len({entry["Id"] for entry in entries}) == len(entries)
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in entries:
            name = entry["ReceiptHandle"].split("#")[0]
            if name in refused:
                answer["Failed"].append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"})
            else:
                do(name, entry)
                answer["Successful"].append({"Id": entry["Id"]})
        return {kind: members for kind, members in answer.items() if members}


@speaks("s3")
@dataclass(kw_only=True)
class FakeS3:
    """A boto3 S3 client with one bucket, whose pages hold three keys."""

    objects: dict[str, bytes] = field(default_factory=dict)
    undeletable: set[str] = field(default_factory=set)
    vanishing: set[str] = field(default_factory=set)
    unreadable: bool = False

    def list_objects_v2(self, **arguments: Any) -> dict[str, Any]:
        keys = sorted(key for key in self.objects if key.startswith(arguments["Prefix"]))
        keys = [key for key in keys if key > arguments.get("ContinuationToken", "")]
        if not keys:
            return {"IsTruncated": False, "KeyCount": 0}
        page = {"Contents": [{"Key": key, "Size": len(self.objects[key])} for key in keys[:3]]}
        return page | ({"IsTruncated": True, "NextContinuationToken": keys[2]} if len(keys) > 3 else {})

    def get_object(self, **arguments: Any) -> dict[str, Any]:
        if self.unreadable:
            raise client_error("AccessDenied", "GetObject")
        if arguments["Key"] in self.vanishing:
            raise client_error("NoSuchKey", "GetObject")
        return {"Body": io.BytesIO(self.objects[arguments["Key"]])}

    def delete_objects(self, **arguments: Any) -> dict[str, Any]:
        assert len(arguments["Delete"]["Objects"]) >= 1
        keys = [each["Key"] for each in arguments["Delete"]["Objects"]]
        for key in set(keys) - self.undeletable:
            self.objects.pop(key, None)
        errors = [{"Key": key, "Code": "InternalError"} for key in keys if key in self.undeletable]
        return {"Errors": errors} if errors else {}


@speaks("dynamodbstreams", "kinesis")
@dataclass(kw_only=True)
class FakeStream:
    """A boto3 `dynamodbstreams` or `kinesis` client with one stream of one shard; sequence numbers count from 1.

    `records` are as Lambda has them. Those up to `trimmed` are gone: DynamoDB says so, Kinesis begins at its oldest.
    Before each page come so many `empty_pages`, as a real stream has them.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    trimmed: int = 0
    page: int = 4
    is_gone: bool = False
    is_closed: bool = False
    errors: list[Exception | None] = field(default_factory=list)
    reads: int = 0
    empty_pages: int = 0
    empty_given: int = 0

    def get_shard_iterator(self, **arguments: Any) -> dict[str, Any]:
        is_kinesis = "StreamARN" in arguments
        text = arguments["StartingSequenceNumber" if is_kinesis else "SequenceNumber"]
        assert len(text) == 21, "a sequence number is a text"
        number = int(text[1:])  # Kinesis's begin with a 4 here
        start = number - (arguments["ShardIteratorType"] == "AT_SEQUENCE_NUMBER")
        if self.is_gone:
            raise client_error("ResourceNotFoundException", "GetShardIterator")
        if start < self.trimmed and not is_kinesis:
            raise client_error("TrimmedDataAccessException", "GetShardIterator")
        kind = "kinesis" if is_kinesis else "dynamodb"
        return {"ShardIterator": f"{kind}/{max(start, self.trimmed)}"}

    def get_records(self, **arguments: Any) -> dict[str, Any]:
        kind, start = arguments["ShardIterator"].split("/")
        self.reads += 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        if self.empty_given < self.empty_pages:
            self.empty_given += 1
            return {"Records": [], "NextShardIterator": arguments["ShardIterator"]}
        self.empty_given = 0
        place = int(start)
        page = self.records[place : place + self.page]
        shape = _kinesis_shape if kind == "kinesis" else _dynamodb_shape
        answer: dict[str, Any] = {"Records": [shape(record) for record in page]}
        if not (self.is_closed and place + len(page) >= len(self.records)):
            answer["NextShardIterator"] = f"{kind}/{place + len(page)}"
        return answer


def _dynamodb_shape(record: dict[str, Any]) -> dict[str, Any]:
    body = dict(record["dynamodb"])
    body["ApproximateCreationDateTime"] = datetime.fromtimestamp(body["ApproximateCreationDateTime"], UTC)
    return record | {"eventID": "0" * 32, "awsRegion": "us-east-1", "dynamodb": body}


def _kinesis_shape(record: dict[str, Any]) -> dict[str, Any]:
    body = record["kinesis"]
    return {
        "SequenceNumber": body["sequenceNumber"],
        "ApproximateArrivalTimestamp": datetime.fromtimestamp(0, UTC),
        "Data": base64.b64decode(body["data"]),
        "PartitionKey": "0",
    }
