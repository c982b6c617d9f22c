"""Reads a table's change stream by the DynamoDB Streams API."""

from dataclasses import dataclass
from typing import Any

from streams.errors import sorted_stream_errors
from streams.event_json import dynamodb_stream_record
from streams.reader import Position, ReadResult, ShardInfo

_PAGE_RECORDS = 1000  # the most that GetRecords gives: API_streams_GetRecords


@dataclass(frozen=True, kw_only=True)
class DynamoDBStreamReader:
    """A `StreamReader` over a boto3 `dynamodbstreams` client; the client may be shared between threads."""

    client: Any
    stream_arn: str

    def list_shards(self) -> list[ShardInfo]:
        """Lists all shards of the stream, page by page."""
        shards: list[ShardInfo] = []
        start: dict[str, str] = {}
        while True:
            page = self.client.describe_stream(StreamArn=self.stream_arn, **start)["StreamDescription"]
            for shard in page["Shards"]:
                parent = shard.get("ParentShardId")
                parents = frozenset([parent]) if parent else frozenset[str]()
                shards.append(ShardInfo(shard_id=shard["ShardId"], parent_ids=parents))
            if not page.get("LastEvaluatedShardId"):
                return shards
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def iterator(self, shard_id: str, position: Position) -> str:
        """Gets a shard iterator, good for 15 minutes."""
        after = {"SequenceNumber": position.sequence_number} if position.sequence_number else {}
        with sorted_stream_errors():
            answer = self.client.get_shard_iterator(
                StreamArn=self.stream_arn, ShardId=shard_id, ShardIteratorType=position.kind, **after
            )
        return str(answer["ShardIterator"])

    def read(self, shard_id: str, iterator: str) -> ReadResult:  # noqa: ARG002 - the protocol's; Kinesis needs it
        """Reads up to 1,000 records."""
        with sorted_stream_errors():
            answer = self.client.get_records(ShardIterator=iterator, Limit=_PAGE_RECORDS)
        records = tuple(dynamodb_stream_record(raw, self.stream_arn) for raw in answer["Records"])
        return ReadResult(records=records, next_iterator=answer.get("NextShardIterator"))
