"""Redrives thousands of records of all three kinds in a local stack of its own, and proves the result three times.

The consumers are stopped before the load, so a document can come from the redrive alone. A third of the records rests
as parked messages, a third as ranges in failure messages, a third as whole events in failure objects; afterwards every
fifth item is deleted and every fifth one changed. Prints JSON. Exit code 0 only if all of it held.

Example: .venv/bin/python bench/redrive.py --records 500
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from opensearchpy.helpers import scan

import ops  # noqa: F401 - puts `images/` on the path
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.parking import parked_message
from changefeed.plan.document_id import document_id
from changefeed.plan.rejection import Rejection
from demo.proof import compare, read_items
from local.layout import Layout
from local.runners.mapping.batch import Batch, DiscardBatch
from local.runners.mapping.failure_record import failure_object, failure_object_key, failure_record
from local.runners.mapping.invocation import InvokeResult
from local.runners.mapping.settings import MappingSettings
from local.services.ports import free_port
from local.stack import LocalStack
from ops.redrive.parts import redrive_of
from ops.redrive.report import Report
from ops.redrive.run import Choice
from ops.stack import Stack
from streams.dynamodb import DynamoDBStreamReader
from streams.reader import Position
from streams.record import StreamRecord

CONSUMER = "sync_dynamodb_stream"
BUCKET = "bench-failures"
BATCH = 10
RUNS = 3


def main() -> int:
    """Load, rest, redrive three times, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000)
    count = parser.parse_args().records
    with tempfile.TemporaryDirectory() as directory:
        ports = {"aws_port": free_port(4900, 4999), "opensearch_port": free_port(9240, 9258)}
        with LocalStack(layout=Layout(directory=Path(directory)), **ports, say=_say) as local:
            assert local.feeds is not None
            local.feeds.stop()
            destinations = {CONSUMER: f"arn:aws:s3:::{BUCKET}"}
            stack = Stack(name="bench", outputs=local.outputs | {"failure_destinations": destinations})
            result = measure(stack, count)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0 if result["ok"] else 1


def measure(stack: Stack, count: int) -> dict[str, Any]:
    """The whole story; the result's `ok` says whether all of it held."""
    dynamodb, table = stack.client("dynamodb"), stack.table_name
    _say(f"Writing {count} items ...")
    _write(dynamodb, table, [{"PutRequest": {"Item": _item(n, "first")}} for n in range(count)])
    kinds = rest(stack, list(read_stream(stack)))
    _write(dynamodb, table, [{"DeleteRequest": {"Key": {"id": {"S": _id(n)}}}} for n in range(0, count, 5)])
    _write(dynamodb, table, [{"PutRequest": {"Item": _item(n, "second")}} for n in range(1, count, 5)])
    items = read_items(dynamodb, table)
    runs: list[dict[str, Any]] = []
    for _ in range(RUNS):
        begun = time.monotonic()
        report: Report = redrive_of(stack, stack.consumer(CONSUMER), Choice())()
        seconds = time.monotonic() - begun
        difference = compare(items, read_documents(stack))
        runs.append(
            {
                "seconds": round(seconds, 2),
                "letters": report.found,
                "records": dict(report.records),
                "clean": report.is_clean,
                "lost": len(difference.missing),
                "stale": len(difference.stale),
                "resurrected": len(difference.orphaned),
            }
        )
        _say(str(runs[-1]))
    held = [run["clean"] and not (run["lost"] or run["stale"] or run["resurrected"]) for run in runs]
    return {
        "ok": all(held) and runs[0]["letters"] > 0 and not any(run["letters"] for run in runs[1:]),
        "records": count,
        "letters": kinds,
        "records_per_second": round(count / runs[0]["seconds"]),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "runs": runs,
    }


def rest(stack: Stack, records: Sequence[StreamRecord]) -> dict[str, int]:
    """Put each record to rest in one of the three ways; gives how many messages and objects that made."""
    sqs, s3, consumer = stack.client("sqs"), stack.client("s3"), stack.consumer(CONSUMER)
    s3.create_bucket(Bucket=BUCKET)
    settings = MappingSettings(
        uuid=str(uuid4()),
        function_name="bench",
        function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
        event_source_arn=str(stack.outputs["table_stream_arn"]),
        starting_position="TRIM_HORIZON",
        region=stack.region,
    )
    bodies: list[str] = []
    made = {"parked_record": 0, "failure_message": 0, "failure_object": 0}
    for number, start in enumerate(range(0, len(records), BATCH)):
        batch = records[start : start + BATCH]
        kind = list(made)[number % 3]
        if kind == "parked_record":
            bodies += [_parked(record, consumer.index) for record in batch]
            made[kind] += len(batch)
            continue
        result = InvokeResult(status_code=200, function_error="Unhandled", request_id=str(uuid4()))
        discarded = Batch(records=tuple(batch), invoke_count=1, last_result=result)
        action = DiscardBatch(batch=discarded, condition="RetryAttemptsExhausted")
        made[kind] += 1
        if kind == "failure_message":
            bodies.append(json.dumps(failure_record(action, settings, _shard(stack), time.time())))
        else:
            body = json.dumps(failure_object(action, settings, _shard(stack), time.time()))
            s3.put_object(Bucket=BUCKET, Key=failure_object_key(settings, "shard", time.time()), Body=body.encode())
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
        sqs.send_message_batch(QueueUrl=consumer.dead_letter_queue_url, Entries=entries)
    return made


def read_stream(stack: Stack) -> Iterator[StreamRecord]:
    """All records of the table's stream; the emulator has one shard."""
    reader, shard = _reader(stack), _shard(stack)
    iterator: str | None = reader.iterator(shard, Position(kind="TRIM_HORIZON"))
    while iterator is not None:
        page = reader.read(shard, iterator)
        if not page.records:
            return
        yield from page.records
        iterator = page.next_iterator


def read_documents(stack: Stack) -> dict[str, Any]:
    """Every document by its id; the local node has scrolling, which a serverless collection has not."""
    search, index = stack.search(), stack.consumer(CONSUMER).index
    search.indices.refresh(index=index)
    return {hit["_id"]: hit["_source"] for hit in scan(search, index=index, size=5_000)}


def _parked(record: StreamRecord, index: str) -> str:
    change = decode_dynamodb_record(record.event_record)
    rejection = Rejection(
        code="mapper_parsing_exception",
        message=f"Document {document_id(change.keys)}.",
        raw=record.event_record,
        sequence_number=record.sequence_number,
        record=change,
    )
    return parked_message(rejection, index=index, parked_at=datetime.now(UTC))


def _reader(stack: Stack) -> DynamoDBStreamReader:
    return DynamoDBStreamReader(
        client=stack.client("dynamodbstreams"), stream_arn=str(stack.outputs["table_stream_arn"])
    )


def _shard(stack: Stack) -> str:
    (shard,) = _reader(stack).list_shards()
    return shard.shard_id


def _write(dynamodb: Any, table: str, requests: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(requests), 25):
        dynamodb.batch_write_item(RequestItems={table: list(requests[start : start + 25])})


def _item(number: int, state: str) -> dict[str, Any]:
    return {"id": {"S": _id(number)}, "state": {"S": state}, "text": {"S": "x" * 200}}


def _id(number: int) -> str:
    return f"item-{number:07d}"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
