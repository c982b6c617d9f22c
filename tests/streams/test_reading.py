"""Reading shards: positions survive expired iterators, shards are listed with their parents, errors are sorted."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from streams.cursor import ShardCursor
from streams.dynamodb import DynamoDBStreamReader
from streams.errors import sorted_stream_errors
from streams.kinesis import KinesisStreamReader
from streams.reader import (
    IteratorExpiredError,
    Position,
    RecordsTrimmedError,
    ShardGoneError,
    ShardInfo,
)
from streams.record import StreamRecord
from tests.service_models.fake_client import speaks
from tests.streams.stream_fakes import KINESIS_ARN, NOW, STREAM_ARN, FakeReader, record, records, sequences


def cursor_over(reader: FakeReader, kind: Any = "TRIM_HORIZON") -> ShardCursor:
    return ShardCursor(reader=reader, shard_id="s", start=Position(kind=kind), started_at_seconds=NOW + 0.5)


def read_all(cursor: ShardCursor, reads: int = 50) -> list[int]:
    found: tuple[StreamRecord, ...] = ()
    for _ in range(reads):
        found += cursor.read()
    return sequences(found)


def test_expired_iterators_neither_skip_nor_repeat_a_record() -> None:
    reader = FakeReader(shards={"s": list(records(9))}, page=2, expire_after_each_read=True)
    assert read_all(cursor_over(reader)) == list(range(1, 10))
    assert reader.iterators[1] == ("s", Position(kind="AFTER_SEQUENCE_NUMBER", sequence_number="2"))


def test_an_error_of_the_service_keeps_the_place() -> None:
    reader = FakeReader(shards={"s": list(records(3))}, page=1)
    cursor = cursor_over(reader)
    cursor.read()
    reader.errors = [OSError("connection refused")]
    with pytest.raises(OSError, match="connection refused"):
        cursor.read()
    assert read_all(cursor) == [2, 3]
    assert len(reader.iterators) == 1


def test_trimmed_records_are_passed_over_to_the_oldest_kept() -> None:
    reader = FakeReader(shards={"s": list(records(2))})
    cursor = cursor_over(reader)
    reader.errors = [RecordsTrimmedError("trimmed")]
    assert read_all(cursor) == [1, 2]


def test_latest_reads_what_comes_after_it_was_opened() -> None:
    reader = FakeReader(shards={"s": list(records(2))})
    cursor = cursor_over(reader, "LATEST")
    cursor.open()
    reader.shards["s"].append(record(3))
    assert read_all(cursor) == [3]


def test_latest_whose_iterator_expired_unread_loses_nothing_that_came_since_the_start() -> None:
    reader = FakeReader(shards={"s": [record(1, arrival=NOW - 100)]})
    cursor = cursor_over(reader, "LATEST")
    cursor.open()
    reader.shards["s"].append(record(2, arrival=NOW))
    reader.errors = [IteratorExpiredError("expired")]
    assert read_all(cursor) == [2]


def test_a_closed_shard_is_read_to_its_end() -> None:
    reader = FakeReader(shards={"s": list(records(3))}, closed={"s"}, page=2)
    cursor = cursor_over(reader)
    assert sequences(cursor.read()) == [1, 2]
    assert not cursor.is_closed
    assert sequences(cursor.read()) == [3]
    assert cursor.is_closed
    assert cursor.read() == ()


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("ExpiredIteratorException", "Iterator has expired", IteratorExpiredError),
        ("ValidationException", "ShardIterator is not valid", IteratorExpiredError),
        ("ValidationException", "Limit is too large", ClientError),
        ("TrimmedDataAccessException", "trimmed", RecordsTrimmedError),
        ("ResourceNotFoundException", "no such shard", ShardGoneError),
        ("ProvisionedThroughputExceededException", "slow down", ClientError),
    ],
)
def test_service_errors_are_sorted_by_what_to_do(code: str, message: str, expected: type[Exception]) -> None:
    with pytest.raises(expected), sorted_stream_errors():
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetRecords")


A, B, C = (f"shardId-0000000000000000000{letter}" for letter in "123")


@speaks("dynamodbstreams", "kinesis")
class PagedClient:
    """Two pages of shards, as both services page them."""

    def describe_stream(self, **call: Any) -> dict[str, Any]:
        if "ExclusiveStartShardId" not in call:
            return {"StreamDescription": {"Shards": [{"ShardId": A}], "LastEvaluatedShardId": A}}
        return {"StreamDescription": {"Shards": [{"ShardId": B, "ParentShardId": A}]}}

    def list_shards(self, **call: Any) -> dict[str, Any]:
        if "NextToken" not in call:
            assert call == {"StreamARN": KINESIS_ARN}
            return {"Shards": [{"ShardId": A}], "NextToken": "t"}
        # AWS refuses a token together with a stream.
        assert call == {"NextToken": "t"}
        return {"Shards": [{"ShardId": C, "ParentShardId": A, "AdjacentParentShardId": B}]}


def test_dynamodb_shards_are_listed_page_by_page_with_their_parents() -> None:
    assert DynamoDBStreamReader(client=PagedClient(), stream_arn=STREAM_ARN).list_shards() == [
        ShardInfo(shard_id=A),
        ShardInfo(shard_id=B, parent_ids=frozenset({A})),
    ]


def test_kinesis_shards_are_listed_page_by_page_with_both_parents() -> None:
    reader = KinesisStreamReader(
        client=PagedClient(), stream_arn=KINESIS_ARN, region="us-east-1", invoke_identity_arn="arn"
    )
    assert reader.list_shards() == [
        ShardInfo(shard_id=A),
        ShardInfo(shard_id=C, parent_ids=frozenset({A, B})),
    ]
