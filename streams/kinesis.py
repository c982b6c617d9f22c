"""Reads a Kinesis data stream by its polling API (no enhanced fan-out)."""

from dataclasses import dataclass
from typing import Any

from streams.errors import sorted_stream_errors
from streams.event_json import kinesis_stream_record
from streams.reader import Position, ReadResult, ShardInfo

_PAGE_RECORDS = 10_000  # the most that GetRecords gives: API_GetRecords


@dataclass(frozen=True, kw_only=True)
class KinesisStreamReader:
    """A `StreamReader` over a boto3 `kinesis` client; the client may be shared between threads.

    `invoke_identity_arn` is the role that Lambda names in every record: the function's.
    """

    client: Any
    stream_arn: str
    region: str
    invoke_identity_arn: str

    def list_shards(self) -> list[ShardInfo]:
        """Lists all shards of the stream, page by page; a merged shard has two parents."""
        shards: list[ShardInfo] = []
        query: dict[str, str] = {"StreamARN": self.stream_arn}
        while True:
            page = self.client.list_shards(**query)
            for shard in page["Shards"]:
                parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
                shards.append(
                    ShardInfo(shard_id=shard["ShardId"], parent_ids=frozenset(parent for parent in parents if parent))
                )
            if not page.get("NextToken"):
                return shards
            query = {"NextToken": page["NextToken"]}

    def iterator(self, shard_id: str, position: Position) -> str:
        """Gets a shard iterator, good for 5 minutes."""
        after = {"StartingSequenceNumber": position.sequence_number} if position.sequence_number else {}
        with sorted_stream_errors():
            answer = self.client.get_shard_iterator(
                StreamARN=self.stream_arn, ShardId=shard_id, ShardIteratorType=position.kind, **after
            )
        return str(answer["ShardIterator"])

    def read(self, shard_id: str, iterator: str) -> ReadResult:
        """Reads up to 10,000 records."""
        with sorted_stream_errors():
            answer = self.client.get_records(ShardIterator=iterator, Limit=_PAGE_RECORDS)
        records = tuple(
            kinesis_stream_record(raw, shard_id, self.stream_arn, self.region, self.invoke_identity_arn)
            for raw in answer["Records"]
        )
        return ReadResult(records=records, next_iterator=answer.get("NextShardIterator"))
