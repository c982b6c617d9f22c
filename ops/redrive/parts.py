"""Binds a redrive to a stack: the consumer's writer, queue, bucket and streams."""

from collections.abc import Callable, Sequence
from functools import partial

from botocore.config import Config

from changefeed.second_delete.again import Delete, DeleteAgain
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.item_reader import ItemReader
from ops.dead_letter_queue import DeadLetterQueue
from ops.redrive.failure_objects import FailureObjects
from ops.redrive.letter_reader import LetterReader
from ops.redrive.report import Report
from ops.redrive.run import Choice, Redrive
from ops.redrive.settler import Settler
from ops.stack import Consumer, Stack
from ops.table_clock import dynamodb_time, table_clock
from streams.dynamodb import DynamoDBStreamReader
from streams.kinesis import KinesisStreamReader
from streams.reader import StreamReader


def redrive_of(
    stack: Stack, consumer: Consumer, choice: Choice, progress: Callable[[Report], None] = lambda _: None
) -> Redrive:
    """Makes a redrive of one consumer, ready to be called."""
    # A read that hangs would outlast the writer's time; the writer has its own retries.
    dynamodb = stack.client("dynamodb", config=Config(read_timeout=10, retries={"total_max_attempts": 2}))
    return Redrive(
        read_letter=LetterReader(table_name=stack.table_name),
        settle=Settler(
            write=BulkWriter(
                post=BulkTransport(endpoint=stack.search_endpoint, index=consumer.index, region=stack.region).post,
                read_items=ItemReader(table_name=stack.table_name, client=lambda: dynamodb),
                clock=table_clock(partial(dynamodb_time, dynamodb, stack.table_name)),
            ),
            delete_again=_second_deletes(stack, consumer),
        ),
        open_stream=partial(_open_stream, stack),
        queue=_queue(stack, consumer),
        objects=_objects(stack, consumer),
        choice=choice,
        report=Report(consumer=consumer.name, index=consumer.index, dry_run=choice.dry_run),
        progress=progress,
    )


def _second_deletes(stack: Stack, consumer: Consumer) -> Callable[[Sequence[Delete]], None]:
    """Makes what queues second deletes as the consumers do; a stack of an earlier version has no queue for them."""
    queue_url = stack.outputs.get("second_delete_queue_url")
    if queue_url is None:
        return lambda _: None
    return DeleteAgain(queue_url=queue_url, index=consumer.index, client=lambda: stack.client("sqs"))


def _open_stream(stack: Stack, stream_arn: str) -> StreamReader:
    if ":dynamodb:" in stream_arn:
        return DynamoDBStreamReader(client=stack.client("dynamodbstreams"), stream_arn=stream_arn)
    return KinesisStreamReader(
        client=stack.client("kinesis"), stream_arn=stream_arn, region=stack.region, invoke_identity_arn="redrive"
    )


def _queue(stack: Stack, consumer: Consumer) -> DeadLetterQueue | None:
    if consumer.dead_letter_queue_url is None:
        return None
    return DeadLetterQueue(client=stack.client("sqs"), url=consumer.dead_letter_queue_url)


def _objects(stack: Stack, consumer: Consumer) -> FailureObjects | None:
    """Opens the bucket, where the failure destination is one (`arn:aws:s3:::NAME`)."""
    arn = consumer.failure_destination_arn or ""
    if arn.split(":")[2:3] != ["s3"]:
        return None
    return FailureObjects(client=stack.client("s3"), bucket=arn.split(":", 5)[5])
