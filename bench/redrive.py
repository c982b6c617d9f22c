"""Redrives thousands of records of all three kinds in a local stack, and checks the result three times.

The consumers are stopped before the load, so a document can come from the redrive alone. A third of the records waits
as parked messages, a third as ranges in failure messages, a third as whole events in failure objects; afterwards every
fifth item is deleted and every fifth one changed. Prints JSON. Exit code 0 only if all of it held.

Example: python -m bench.redrive --records 500
"""

import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from opensearchpy.helpers import scan

from bench.items import identifier
from bench.measurement import leave, parser, say
from bench.own_stack import own_stack
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.parking import parked_message
from changefeed.plan.document_id import document_id
from changefeed.plan.rejection import Rejection
from demo.proof import compare, read_items
from lambda_kit.unindexed import whole_document
from local.runners.invocation import InvokeResult
from local.runners.mapping.batch import Batch, DiscardBatch
from local.runners.mapping.failure_record import failure_object, failure_object_key, failure_record
from local.runners.mapping.settings import MappingSettings
from ops.batch_write import write_all
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
    """Measures in a new local stack. Returns the exit code."""
    arguments = parser("redrive", __doc__)
    arguments.add_argument("--records", type=int, default=10_000, metavar="N", help="to redrive (%(default)s)")
    count = arguments.parse_args().records
    with own_stack() as local:
        local.stop_parts()
        destinations = {CONSUMER: f"arn:aws:s3:::{BUCKET}"}
        # As root: the bucket is the measurement's, and the operator has no right to it.
        stack = Stack(
            name="bench",
            outputs=local.outputs | {"failure_destinations": destinations, "operator_role_arn": None},
        )
        result = measure(stack, count)
    return leave(result, ok=result["ok"])


def measure(stack: Stack, count: int) -> dict[str, Any]:
    """Runs the whole measurement. The result's `ok` is true if everything held."""
    dynamodb, table = stack.client("dynamodb"), stack.table_name
    say(f"Writing {count} items ...")
    write_all(dynamodb, table, [{"PutRequest": {"Item": _item(n, "first")}} for n in range(count)])
    kinds = put_away(stack, list(read_stream(stack)))
    write_all(dynamodb, table, [{"DeleteRequest": {"Key": {"id": {"S": identifier(n)}}}} for n in range(0, count, 5)])
    write_all(dynamodb, table, [{"PutRequest": {"Item": _item(n, "second")}} for n in range(1, count, 5)])
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
        say(str(runs[-1]))
    held = [run["clean"] and not (run["lost"] or run["stale"] or run["resurrected"]) for run in runs]
    return {
        "ok": all(held) and runs[0]["letters"] > 0 and not any(run["letters"] for run in runs[1:]),
        "records": count,
        "letters": kinds,
        "records_per_second": round(count / runs[0]["seconds"]),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "runs": runs,
    }


def put_away(stack: Stack, records: Sequence[StreamRecord]) -> dict[str, int]:
    """Puts each record away in one of the three ways. Returns how many messages and objects that made."""
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
    """Yields all records of the table's stream; the emulator has one shard."""
    reader, shard = _reader(stack), _shard(stack)
    iterator: str | None = reader.iterator(shard, Position(kind="TRIM_HORIZON"))
    while iterator is not None:
        page = reader.read(shard, iterator)
        if not page.records:
            return
        yield from page.records
        iterator = page.next_iterator


def read_documents(stack: Stack) -> dict[str, Any]:
    """Reads every document by its id, by scrolling: the local node can, a serverless collection can't."""
    search, index = stack.search(), stack.consumer(CONSUMER).index
    search.indices.refresh(index=index)
    return {hit["_id"]: whole_document(hit["_source"]) for hit in scan(search, index=index, size=5_000)}


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


def _item(number: int, state: str) -> dict[str, Any]:
    return {"id": {"S": identifier(number)}, "state": {"S": state}, "text": {"S": "x" * 200}}


if __name__ == "__main__":
    sys.exit(main())
