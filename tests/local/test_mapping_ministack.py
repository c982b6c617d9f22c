"""The runner over the emulator's real APIs: both sources, a queue and a bucket for failures, latency."""

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from changefeed.decode.dynamodb_record import decode_dynamodb_record
from local.runners.invocation import InvokeResult
from local.runners.mapping.destination import failure_destination
from local.runners.mapping.runner import MappingRunner
from local.runners.mapping.start import mapping_runner, stream_reader
from tests.local.mapping_fakes import FAILURE, SUCCESS, FakeFunction, Ministack, running_ministack, settings

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def cloud() -> Iterator[Ministack]:
    """One emulator for this file; tests use names of their own."""
    with running_ministack() as ministack:
        yield ministack


def runner_over(cloud: Ministack, function: FakeFunction, **changes: Any) -> MappingRunner:
    mapping = settings(**changes)
    return MappingRunner(
        settings=mapping,
        reader=stream_reader(mapping, cloud.client),
        invoke=function,
        deliver=failure_destination(mapping, cloud.client),
    )


def test_changes_of_a_table_arrive_in_lambdas_shape(cloud: Ministack) -> None:
    stream_arn = cloud.table("shape-table", "NEW_AND_OLD_IMAGES")
    table = cloud.client("dynamodb")
    table.put_item(TableName="shape-table", Item={"id": {"S": "a"}, "raw": {"B": b"\x00\xff"}})
    table.put_item(TableName="shape-table", Item={"id": {"S": "a"}, "n": {"N": "12345678901234567890.5"}})
    table.delete_item(TableName="shape-table", Key={"id": {"S": "a"}})
    function = FakeFunction()
    runner = runner_over(cloud, function, event_source_arn=stream_arn, batch_size=100)
    runner.start()
    try:
        assert runner.wait_until_drained(10)
    finally:
        assert runner.stop()
    inserted, modified, removed = function.received
    assert inserted["eventSourceARN"] == stream_arn
    assert len([decode_dynamodb_record(record, table_name="shape-table") for record in function.received]) == 3
    assert inserted["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "raw": {"B": "AP8="}}
    assert modified["dynamodb"]["NewImage"]["n"] == {"N": "12345678901234567890.5"}
    assert modified["dynamodb"]["OldImage"]["raw"] == {"B": "AP8="}
    assert (removed["eventName"], "NewImage" in removed["dynamodb"]) == ("REMOVE", False)
    assert isinstance(removed["dynamodb"]["ApproximateCreationDateTime"], float)
    assert json.loads(json.dumps(function.received)) == function.received


def test_a_poison_change_ends_in_the_queue_and_its_neighbours_arrive(cloud: Ministack) -> None:
    stream_arn = cloud.table("poison-table")
    queue_url = cloud.client("sqs").create_queue(QueueName="failed-queue")["QueueUrl"]
    table = cloud.client("dynamodb")
    for number in range(30):
        table.put_item(TableName="poison-table", Item={"id": {"S": str(number)}})

    def answer(event: dict[str, Any]) -> InvokeResult:
        keys = [member["dynamodb"]["Keys"]["id"]["S"] for member in event["Records"]]
        return FAILURE if "13" in keys else SUCCESS

    function = FakeFunction(answer=answer)
    runner = runner_over(
        cloud,
        function,
        event_source_arn=stream_arn,
        maximum_retry_attempts=1,
        bisect_batch_on_function_error=True,
        failure_destination_arn="arn:aws:sqs:us-east-1:000000000000:failed-queue",
    )
    runner.start()
    try:
        assert runner.wait_until_drained(10)
    finally:
        assert runner.stop()
    assert (runner.status().records_settled, runner.status().records_discarded) == (29, 1)
    (message,) = cloud.client("sqs").receive_message(QueueUrl=queue_url, WaitTimeSeconds=1)["Messages"]
    sent = json.loads(message["Body"])
    assert sent["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = sent["DDBStreamBatchInfo"]
    assert info["batchSize"] == 1
    streams = cloud.client("dynamodbstreams")
    iterator = streams.get_shard_iterator(
        StreamArn=info["streamArn"],
        ShardId=info["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=info["startSequenceNumber"],
    )["ShardIterator"]
    found = streams.get_records(ShardIterator=iterator, Limit=1)["Records"]
    assert found[0]["dynamodb"]["Keys"] == {"id": {"S": "13"}}


def test_a_kinesis_batch_that_is_given_up_is_whole_in_the_bucket(cloud: Ministack) -> None:
    stream_arn = cloud.stream("failing-stream")
    cloud.client("s3").create_bucket(Bucket="failed-bucket")
    cloud.client("kinesis").put_records(
        StreamName="failing-stream",
        Records=[{"Data": f"body-{number}".encode(), "PartitionKey": "p"} for number in range(3)],
    )
    function = FakeFunction(answer=lambda _event: FAILURE)
    runner = runner_over(
        cloud,
        function,
        event_source_arn=stream_arn,
        maximum_retry_attempts=0,
        failure_destination_arn="arn:aws:s3:::failed-bucket",
    )
    runner.start()
    try:
        assert runner.wait_until_drained(10)
    finally:
        assert runner.stop()
    store = cloud.client("s3")
    (entry,) = store.list_objects_v2(Bucket="failed-bucket")["Contents"]
    assert entry["Key"].startswith(f"aws/lambda/{settings().uuid}/shardId-000000000000/")
    body = json.loads(store.get_object(Bucket="failed-bucket", Key=entry["Key"])["Body"].read())
    assert body["KinesisBatchInfo"]["batchSize"] == 3
    assert json.loads(body["payload"]) == function.events[0]


def test_all_shards_of_a_kinesis_stream_are_read_in_the_order_of_each_key(cloud: Ministack) -> None:
    stream_arn = cloud.stream("wide-stream", shards=4)
    client = cloud.client("kinesis")
    function = FakeFunction()
    runner = runner_over(
        cloud, function, event_source_arn=stream_arn, parallelization_factor=3, starting_position="LATEST"
    )
    client.put_record(StreamName="wide-stream", Data=b"before the start", PartitionKey="p")
    runner.start()
    try:
        assert runner.wait_until_reading(10)
        for number in range(10):
            client.put_records(
                StreamName="wide-stream",
                Records=[{"Data": f"{number}".encode(), "PartitionKey": f"key-{key}"} for key in range(20)],
            )
        assert runner.wait_until_drained(10)
    finally:
        assert runner.stop()
    assert len(function.received) == 200
    assert len(runner.status().checkpoints) == 4
    by_key: dict[str, list[str]] = {}
    for member in function.received:
        by_key.setdefault(member["kinesis"]["partitionKey"], []).append(member["kinesis"]["data"])
    assert len(by_key) == 20
    assert len({tuple(order) for order in by_key.values()}) == 1


def test_a_change_is_invoked_within_a_poll_interval(cloud: Ministack) -> None:
    stream_arn = cloud.table("latency-table")
    table = cloud.client("dynamodb")
    function = FakeFunction()
    runner = runner_over(cloud, function, event_source_arn=stream_arn)
    runner.start()
    put_at = []
    try:
        assert runner.wait_until_reading(10)
        for number in range(20):
            put_at.append(time.monotonic())
            table.put_item(TableName="latency-table", Item={"id": {"S": str(number)}})
            assert runner.wait_until_drained(10)
    finally:
        assert runner.stop()
    waits = sorted(at - put for at, put in zip(function.at, put_at, strict=True))
    assert waits[len(waits) // 2] < 0.2  # measured 0.03 s; wide, for a loaded machine


HANDLER = """
def handler(event, context):
    keys = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    if "explode" in keys:
        raise ValueError("on purpose")
    bad = [r for r in event["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == "report"]
    return {"batchItemFailures": [{"itemIdentifier": r["dynamodb"]["SequenceNumber"]} for r in bad]}
"""


def function_archive() -> bytes:
    """A `provided` function that runs HANDLER with AWS's own runtime client."""
    bootstrap = f'#!/bin/sh\ncd "$LAMBDA_TASK_ROOT"\nexec {sys.executable} -m awslambdaric answers.handler\n'
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        executable = zipfile.ZipInfo("bootstrap")
        executable.external_attr = 0o755 << 16
        files.writestr(executable, bootstrap)
        files.writestr("answers.py", HANDLER)
    return archive.getvalue()


def test_a_real_function_is_invoked_and_its_errors_and_reports_are_understood(cloud: Ministack) -> None:
    stream_arn = cloud.table("invoke-table")
    queue_url = cloud.client("sqs").create_queue(QueueName="invoke-queue")["QueueUrl"]
    arn = cloud.client("lambda").create_function(
        FunctionName="answers",
        Runtime="provided.al2023",
        Role="arn:aws:iam::000000000000:role/r",
        Handler="answers.handler",
        Code={"ZipFile": function_archive()},
        Timeout=10,
    )["FunctionArn"]
    table = cloud.client("dynamodb")
    for key in ("a", "explode", "b", "report", "c"):
        table.put_item(TableName="invoke-table", Item={"id": {"S": key}})
    mapping = settings(
        function_name="answers",
        function_arn=arn,
        event_source_arn=stream_arn,
        maximum_retry_attempts=1,
        bisect_batch_on_function_error=True,
        report_batch_item_failures=True,
        failure_destination_arn="arn:aws:sqs:us-east-1:000000000000:invoke-queue",
    )
    runner = mapping_runner(mapping, cloud.client, function_timeout_seconds=10)
    runner.start()
    try:
        assert runner.wait_until_drained(20)
    finally:
        assert runner.stop()
    status = runner.status()
    assert (status.records_settled, status.records_discarded, status.not_invoked) == (3, 2, 0)
    received = cloud.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
    sent = [json.loads(message["Body"]) for message in received]
    assert [one["responseContext"]["functionError"] for one in sent] == ["Unhandled", None]
    assert all(one["requestContext"]["approximateInvokeCount"] == 2 for one in sent)
    assert all(one["requestContext"]["functionArn"] == arn for one in sent)


def test_the_runner_outlives_a_stream_that_vanishes(cloud: Ministack) -> None:
    stream_arn = cloud.stream("short-lived")
    function = FakeFunction()
    runner = runner_over(cloud, function, event_source_arn=stream_arn)
    runner.start()
    client = cloud.client("kinesis")
    try:
        assert runner.wait_until_reading(10)
        client.delete_stream(StreamName="short-lived")
        deadline = time.monotonic() + 5
        while runner.status().poll_failures == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        cloud.stream("short-lived")
        client.put_record(StreamName="short-lived", Data=b"x", PartitionKey="p")
        assert runner.wait_until_drained(10)
    finally:
        assert runner.stop()
    assert len(function.received) == 1
