"""Puts records on a Kinesis stream in order: nothing later is sent before what failed earlier has arrived."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.runners.forwarder.record import ForwardedRecord

REFUSALS = frozenset({"ValidationException", "InvalidArgumentException", "SerializationException"})
"""Codes that say that what was sent is wrong, so that it would be the next time, too."""
_MAX_RECORDS = 500  # of one PutRecords call, as the two below: API_PutRecords
_MAX_BYTES = 5 * 1024 * 1024


class RecordsRefusedError(Exception):
    """Kinesis refused a call for what is in one of its records at least; nothing of it was stored."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class KinesisWriter:
    """Calls PutRecords through a boto3 `kinesis` client."""

    client: Any
    stream_arn: str

    def put_once(self, records: Sequence[ForwardedRecord]) -> list[ForwardedRecord]:
        """Sends the records of one `chunks` member in one call; returns what must be sent again, in order.

        That is every record that failed, and every later one of the same partition key although it arrived: else the
        failed one would stay behind it for good. The repeat is a duplicate, which the destination may make anyway.
        Raises RecordsRefusedError when they can never be sent together, botocore's errors when the whole call failed.
        """
        try:
            answer = self.client.put_records(
                StreamARN=self.stream_arn,
                Records=[{"Data": record.data, "PartitionKey": record.partition_key} for record in records],
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in REFUSALS:
                raise RecordsRefusedError(code) from error
            raise
        failed_keys: set[str] = set()
        again: list[ForwardedRecord] = []
        for record, result in zip(records, answer["Records"], strict=True):
            if result.get("ErrorCode"):
                failed_keys.add(record.partition_key)
            if record.partition_key in failed_keys:
                again.append(record)
        return again


def chunks(records: Sequence[ForwardedRecord]) -> Iterator[list[ForwardedRecord]]:
    """Cuts the records, in order, into lists that one PutRecords call takes: 500 records, 5 MiB with partition keys."""
    chunk: list[ForwardedRecord] = []
    size = 0
    for record in records:
        record_bytes = len(record.data) + len(record.partition_key)
        if chunk and (len(chunk) == _MAX_RECORDS or size + record_bytes > _MAX_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += record_bytes
    if chunk:
        yield chunk
