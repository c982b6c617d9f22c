"""A redrive on fakes: the real code between a table, a model index, a queue, a bucket and a stream."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.parking import parked_message
from changefeed.plan.rejection import Rejection
from changefeed.write.bulk_post import posting
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.item_reader import ItemReader
from ops.dead_letter_queue import DeadLetterQueue
from ops.redrive.failure_objects import FailureObjects
from ops.redrive.letter_reader import LetterReader
from ops.redrive.report import Report
from ops.redrive.run import Choice, Redrive
from ops.redrive.settler import Settler
from streams.dynamodb import DynamoDBStreamReader
from streams.kinesis import KinesisStreamReader
from streams.reader import StreamReader
from tests.changefeed.records import TABLE, item, kinesis_record, stream_record
from tests.fakes import FakeClock, FakeTable, ModelIndex
from tests.ops.redrive_fakes import FakeS3, FakeSqs, FakeStream

STREAM_ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}/stream/2026-01-02T03:04:05.000"
KINESIS_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/lab-stream"
FEEDS = ("dynamodb_stream", "kinesis_stream")


def sequence_text(number: int, *, is_kinesis: bool = False) -> str:
    """Writes a sequence number: DynamoDB's shortest, with leading zeros that must not get lost; Kinesis has none."""
    return f"{'4' if is_kinesis else '0'}{number:020d}"


@dataclass(kw_only=True)
class RedriveRig:
    """Changes go to the table and the stream; `park`, `fail` and `store` put their records where they can wait."""

    feed: str = "dynamodb_stream"
    clock: FakeClock = field(default_factory=FakeClock)
    table: FakeTable = field(default_factory=FakeTable)
    stream: FakeStream = field(default_factory=FakeStream)
    s3: FakeS3 = field(default_factory=FakeS3)
    most_held: int = 20_000

    def __post_init__(self) -> None:
        self.index = ModelIndex(clock=self.clock)
        self.sqs = FakeSqs(clock=self.clock)
        self.slept: list[float] = []
        self._objects_stored = itertools.count()

    def change(self, key: str, *, delete: bool = False, **attributes: Any) -> int:
        """Puts or deletes an item. Returns its record's sequence number, counted from 1."""
        self.clock.now += 0.01
        image = item(key, **attributes)
        if delete:
            self.table.delete(image)
        else:
            self.table.put(image)
        number, operation = len(self.stream.records) + 1, "REMOVE" if delete else "MODIFY"
        if self.feed == "dynamodb_stream":
            record = stream_record(image, number=number, seconds=self.clock.now, operation=operation)
            record["dynamodb"]["SequenceNumber"] = sequence_text(number)
        else:
            now = round(self.clock.now * 1_000_000)
            record = kinesis_record(image, number=number, microseconds=now, operation=operation)
            record["kinesis"]["sequenceNumber"] = sequence_text(number, is_kinesis=True)
        self.stream.records.append(record)
        return number

    def record(self, number: int) -> dict[str, Any]:
        """Gives a record as Lambda handed it over."""
        return self.stream.records[number - 1]

    def park(self, number: int, *, reason: str = "mapper_parsing_exception", large: bool = False) -> str:
        """Parks a record as the consumer does; a `large` one without the record itself."""
        raw = self.record(number)
        text = sequence_text(number, is_kinesis=self.feed == "kinesis_stream")
        rejection = Rejection(code=reason, message="Said.", raw=raw, sequence_number=text, record=self.decode(raw))
        body = json.loads(parked_message(rejection, index="i", parked_at=datetime.now(UTC)))
        return self.sqs.send(json.dumps(body | ({"record": None, "record_bytes": 2_000_000} if large else {})))

    def fail(self, first: int, last: int, *, condition: str = "RetryAttemptsExhausted") -> str:
        """Sends Lambda's message for a batch."""
        return self.sqs.send(json.dumps(self.failure(first, last, condition)))

    def store(self, numbers: Sequence[int], *, condition: str = "RetryAttemptsExhausted") -> str:
        """Stores Lambda's object for a batch."""
        event = {"Records": [self.record(number) for number in numbers]}
        body = self.failure(min(numbers), max(numbers), condition) | {"payload": json.dumps(event)}
        key = f"aws/lambda/8f0d7c5e/shardId-1/2026/01/02/2026-01-02T03.04.05-{next(self._objects_stored):04d}"
        self.s3.objects[key] = json.dumps(body).encode()
        return key

    def failure(self, first: int, last: int, condition: str) -> dict[str, Any]:
        """Makes AWS's record of a given-up batch, as its guide shows it."""
        is_kinesis = self.feed == "kinesis_stream"
        return {
            "requestContext": {
                "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:sync-data",
                "condition": condition,
                "approximateInvokeCount": 1,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2026-01-02T03:04:05.613Z",
            "KinesisBatchInfo" if is_kinesis else "DDBStreamBatchInfo": {
                "shardId": "shardId-00000001573689847184-864758bb",
                "startSequenceNumber": sequence_text(first, is_kinesis=is_kinesis),
                "endSequenceNumber": sequence_text(last, is_kinesis=is_kinesis),
                "approximateArrivalOfFirstRecord": "2026-01-02T03:04:05Z",
                "approximateArrivalOfLastRecord": "2026-01-02T03:04:05Z",
                "batchSize": last - first + 1,
                "streamArn": KINESIS_ARN if is_kinesis else STREAM_ARN,
            },
        }

    def decode(self, raw: Any) -> Any:
        """Decodes with the consumer's decoder."""
        if self.feed == "dynamodb_stream":
            return decode_dynamodb_record(raw, table_name=TABLE)
        return decode_kinesis_record(raw, table_name=TABLE)

    def writer(self) -> BulkWriter:
        """Makes the writer of the consumer and of the redrive."""
        return BulkWriter(
            post=posting(self.index),
            read_items=ItemReader(table_name=TABLE, client=lambda: self.table),
            clock=self.clock,
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
        )

    def redrive(self, **choice: Any) -> Redrive:
        """Makes a redrive, not yet run."""
        return Redrive(
            read_letter=LetterReader(table_name=TABLE),
            settle=Settler(write=self.writer(), clock=self.clock),
            open_stream=self.open_stream,
            queue=DeadLetterQueue(client=self.sqs, url="https://queue", clock=self.clock, most_held=self.most_held),
            objects=FailureObjects(client=self.s3, bucket="failures"),
            choice=Choice(**choice),
            report=Report(consumer="sync", index="i", dry_run=choice.get("dry_run", False)),
            sleep=self.clock.sleep,
        )

    def run(self, **choice: Any) -> Report:
        """Runs a whole redrive."""
        return self.redrive(**choice)()

    def open_stream(self, arn: str) -> StreamReader:
        """Opens the reader that the operations use, over the fake client."""
        if ":dynamodb:" in arn:
            return DynamoDBStreamReader(client=self.stream, stream_arn=arn)
        return KinesisStreamReader(client=self.stream, stream_arn=arn, region="us-east-1", invoke_identity_arn="r")

    def documents(self) -> dict[str, Any]:
        """Gives the table's items as the index should hold them (texts and numbers only)."""
        return {
            image["id"]["S"]: {name: next(iter(value.values())) for name, value in image.items()}
            for image in self.table.items.values()
        }
