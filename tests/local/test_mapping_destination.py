"""What a failure destination gets, to the byte where AWS fixes it."""

import json
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from local.runners.invocation import InvokeResult
from local.runners.mapping.batch import Batch, DiscardBatch
from local.runners.mapping.destination import BucketDestination, QueueDestination, failure_destination
from local.runners.mapping.failure_record import failure_object_key, failure_record
from tests.local.mapping_fakes import settings
from tests.service_models.fake_client import speaks
from tests.streams.stream_fakes import KINESIS_ARN, record

GIVEN_UP_AT = 1573693446.021  # 2019-11-14T01:04:06.021Z
SHARD = "shardId-000000000001"
FAILED = InvokeResult(status_code=200, function_error="Unhandled", request_id="c9b8fa9f-5a7f-4000-af9c-0c604cde93a5")


def given_up(**changes: Any) -> DiscardBatch:
    values: dict[str, Any] = {
        "records": (record("100", arrival=1573693444.835), record("101", arrival=1573693445.58)),
        "invoke_count": 3,
        "last_result": FAILED,
    }
    condition = changes.pop("condition", "RetryAttemptsExhausted")
    return DiscardBatch(batch=Batch(**{**values, **changes}), condition=condition)


@speaks("sqs", "s3")
@dataclass
class FakeClient:
    """Remembers calls; stands in for SQS and S3."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def send_message(self, **call: Any) -> dict[str, Any]:
        self.calls.append(("send_message", call))
        return {}

    def put_object(self, **call: Any) -> dict[str, Any]:
        self.calls.append(("put_object", call))
        return {}

    @property
    def meta(self) -> Any:
        return SimpleNamespace(endpoint_url="http://aws")


def test_a_kinesis_batch_is_told_as_aws_tells_it() -> None:
    assert failure_record(given_up(), settings(event_source_arn=KINESIS_ARN), SHARD, GIVEN_UP_AT) == {
        "requestContext": {
            "requestId": "c9b8fa9f-5a7f-4000-af9c-0c604cde93a5",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:sync",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2019-11-14T01:04:06.021Z",
        "KinesisBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": "100",
            "endSequenceNumber": "101",
            "approximateArrivalOfFirstRecord": "2019-11-14T01:04:04.835Z",
            "approximateArrivalOfLastRecord": "2019-11-14T01:04:05.580Z",
            "batchSize": 2,
            "streamArn": KINESIS_ARN,
        },
    }


def test_a_dynamodb_batch_has_whole_seconds_and_its_own_member() -> None:
    sent = failure_record(given_up(), settings(), SHARD, GIVEN_UP_AT)
    assert list(sent) == ["requestContext", "responseContext", "version", "timestamp", "DDBStreamBatchInfo"]
    assert sent["DDBStreamBatchInfo"]["approximateArrivalOfFirstRecord"] == "2019-11-14T01:04:04Z"
    assert sent["DDBStreamBatchInfo"]["streamArn"] == settings().event_source_arn


def test_a_batch_that_failed_by_item_failures_has_no_function_error() -> None:
    action = given_up(last_result=InvokeResult(status_code=200, request_id="r", executed_version="7"))
    sent = failure_record(action, settings(), SHARD, GIVEN_UP_AT)
    assert sent["responseContext"] == {"statusCode": 200, "executedVersion": "7", "functionError": None}


@pytest.mark.parametrize("before", [{}, {"last_result": None, "invoke_count": 0}])
def test_a_batch_that_grew_too_old_has_no_response_and_counts_the_attempt_that_was_not_made(before: Any) -> None:
    action = given_up(condition="RecordAgeExceeded", **before)
    sent = failure_record(action, settings(), SHARD, GIVEN_UP_AT)
    assert "responseContext" not in sent
    assert sent["requestContext"]["approximateInvokeCount"] == action.batch.invoke_count + 1
    assert re.fullmatch(r"[0-9a-f-]{36}", sent["requestContext"]["requestId"])


def test_a_queue_gets_the_metadata_and_not_the_records() -> None:
    client = FakeClient()
    QueueDestination(client=client, settings=settings(), queue_url="http://queue")(given_up(), SHARD, GIVEN_UP_AT)
    ((_, call),) = client.calls
    assert call["QueueUrl"] == "http://queue"
    assert json.loads(call["MessageBody"]) == failure_record(given_up(), settings(), SHARD, GIVEN_UP_AT)


def test_a_bucket_gets_the_whole_event_as_text_too() -> None:
    client = FakeClient()
    BucketDestination(client=client, settings=settings(), bucket="failed")(given_up(), SHARD, GIVEN_UP_AT)
    ((_, call),) = client.calls
    body = json.loads(call["Body"])
    payload = body.pop("payload")
    assert body == failure_record(given_up(), settings(), SHARD, GIVEN_UP_AT)
    assert json.loads(payload) == {"Records": [{"seq": "100", "key": "k"}, {"seq": "101", "key": "k"}]}
    assert call["Bucket"] == "failed"
    assert call["Key"].startswith(f"aws/lambda/{settings().uuid}/{SHARD}/2019/11/14/2019-11-14T01.04.06-")


def test_the_key_of_an_object_is_as_aws_writes_it() -> None:
    pattern = (
        rf"aws/lambda/{settings().uuid}/{SHARD}/\d{{4}}/\d\d/\d\d/\d{{4}}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{{36}}"
    )
    assert re.fullmatch(pattern, failure_object_key(settings(), SHARD, GIVEN_UP_AT))


def test_the_arn_chooses_the_destination() -> None:
    client = FakeClient()
    queue = failure_destination(
        settings(failure_destination_arn="arn:aws:sqs:us-east-1:123456789012:failed"), lambda _service: client
    )
    bucket = failure_destination(settings(failure_destination_arn="arn:aws:s3:::failed"), lambda _service: client)
    assert isinstance(queue, QueueDestination)
    assert isinstance(bucket, BucketDestination)
    assert (queue.queue_url, bucket.bucket) == ("http://aws/123456789012/failed", "failed")
    assert client.calls == [], "A function's role may send, and ask for nothing."
    assert failure_destination(settings(), lambda _service: client) is None
    with pytest.raises(ValueError, match="only SQS and S3"):
        failure_destination(
            settings(failure_destination_arn="arn:aws:sns:us-east-1:123456789012:topic"), lambda _service: client
        )
