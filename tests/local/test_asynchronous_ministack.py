"""Pipe and runner with the embedded AWS and the real code of images/scilearn: each request ends once, as it should."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from bench.analyses.measure import measure
from bench.analyses.service import Service
from bench.analyses.verdict import FAULTS
from demo.checks import wait_for
from local.runners.asynchronous.destinations import Destinations
from local.runners.asynchronous.event import Ended, accepted
from ops.resend.failed_request import FailurePlace, read_failure
from tests.local.asynchronous_fakes import NOW, settings
from tests.local.asynchronous_stack import AsynchronousStack, running_asynchronous_stack

pytestmark = pytest.mark.local
ROWS = [{"delay": row % 9, "carrier": "AB"[row % 2]} for row in range(40)]
GOOD: dict[str, Any] = {"analysis": "describe", "input": {"type": "rows", "rows": ROWS}, "plots": False}
BAD = GOOD | {"options": {"columns": ["none"]}}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsynchronousStack]:
    with running_asynchronous_stack(tmp_path_factory.mktemp("asynchronous")) as running:
        yield running


def records_of(stack: AsynchronousStack, queue: str, request_id: str) -> list[dict[str, Any]]:
    return [record for record in stack.records(queue) if request_id in record["requestPayload"][0]["body"]]


def log_lines(stack: AsynchronousStack, request_id: str) -> list[str]:
    pages = stack.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/scilearn")
    lines = [event["message"] for page in pages for event in page["events"]]
    return [json.loads(line)["message"] for line in lines if line.startswith("{") and request_id in line]


def test_a_burst_with_copies_and_poison_ends_each_request_once(stack: AsynchronousStack) -> None:
    service = Service(
        api_url=stack.url,
        aws_endpoint_url=stack.cloud.aws_endpoint_url,
        queue_url=stack.queue_url,
        success_queue_url=stack.queues["successes"],
        failure_queue_url=stack.queues["failures"],
        table="scilearn-status",
        bucket="results",
        function="scilearn",
    )
    report = measure(service, 60, stack.runner.is_idle)
    assert report["all_ended"], report
    assert {name: report[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)
    assert report["settled"] == {"succeeded": 57, "failed": 3}
    assert report["records"]["successes"] >= 57


def test_the_answer_names_the_request_and_where_its_status_is(stack: AsynchronousStack) -> None:
    answer = stack.post(GOOD)
    assert answer.status_code == 202
    request_id = answer.json()["request_id"]
    assert answer.json()["status"] == f"/analyses/{request_id}"
    assert answer.headers["Location"] == f"/v1/analyses/{request_id}"
    assert wait_for(lambda: records_of(stack, "successes", request_id))
    (record,) = records_of(stack, "successes", request_id)
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"]["keys"] == [f"results/{request_id}/result.json"]


def test_a_body_that_is_too_long_or_of_another_type_is_refused(stack: AsynchronousStack) -> None:
    long = {"type": "rows", "rows": [{"a": "x" * 100_000}]}
    assert stack.post(GOOD | {"input": long}).status_code == 413
    assert stack.post(json.dumps(GOOD), **{"Content-Type": "text/plain"}).status_code == 415
    assert stack.post(GOOD | {"analysis": "none"}).status_code == 400


def test_a_failure_is_tried_thrice_under_one_id_and_once_mended_and_sent_again_it_succeeds(
    stack: AsynchronousStack,
) -> None:
    request_id = stack.post(BAD).json()["request_id"]
    assert wait_for(lambda: records_of(stack, "failures", request_id))
    (record,) = records_of(stack, "failures", request_id)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "AnalysisFailedError"
    status = stack.status(request_id)
    assert status is not None
    assert status["claimed_by"] == record["requestContext"]["requestId"], "the function saw the event's own id"
    assert log_lines(stack, request_id).count("analysis started") == 1, "retries find it settled"
    message = json.loads(record["requestPayload"][0]["body"]) | {"request": GOOD, "resend": 1}
    for _ in range(2):
        stack.cloud.client("sqs").send_message(QueueUrl=stack.queue_url, MessageBody=json.dumps(message))
    assert wait_for(lambda: len(records_of(stack, "successes", request_id)) == 2)
    assert log_lines(stack, request_id).count("analysis succeeded") == 1, "of two senders with one number one runs"


def test_a_concurrency_of_zero_gives_every_request_up_at_once_and_resend_has_a_word_for_it(
    stack: AsynchronousStack,
) -> None:
    functions = stack.cloud.client("lambda")
    functions.put_function_concurrency(FunctionName="scilearn", ReservedConcurrentExecutions=0)
    try:
        request_id = stack.post(GOOD).json()["request_id"]
        assert wait_for(lambda: records_of(stack, "failures", request_id))
    finally:
        functions.delete_function_concurrency(FunctionName="scilearn")
    (record,) = records_of(stack, "failures", request_id)
    context = record["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("ZeroReservedConcurrency", 0)
    assert log_lines(stack, request_id) == [], "it never ran"
    failure = read_failure(FailurePlace.DESTINATION, "m", json.dumps(record))
    assert failure is not None
    assert (failure.reason, failure.request_id) == ("zero_concurrency", request_id)


def test_a_runner_that_is_stopped_in_a_backlog_loses_nothing(stack: AsynchronousStack) -> None:
    ids = [stack.post(BAD if number % 5 == 0 else GOOD).json()["request_id"] for number in range(15)]
    before = stack.runner.status()
    wait_for(lambda: stack.runner.status().attempts > before.attempts)
    stack.pipe.stop()
    assert stack.runner.stop(timeout_seconds=20)
    assert stack.runner.is_idle()
    stack.start()
    for number, request_id in enumerate(ids):
        ended = "failures" if number % 5 == 0 else "successes"
        assert wait_for(lambda of=request_id, queue=ended: records_of(stack, queue, of))  # type: ignore[misc]
        assert log_lines(stack, request_id).count("analysis started") == 1


def test_topic_bus_and_function_take_records_of_the_embedded_aws(stack: AsynchronousStack) -> None:
    """Each of the other kinds of destination delivers to a queue, where this test reads it."""
    cloud = stack.cloud
    sqs, sns, events = cloud.client("sqs"), cloud.client("sns"), cloud.client("events")
    name = f"seen-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = f"arn:aws:sqs:us-east-1:{cloud.account}:{name}"
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    pattern = {"source": ["lambda"], "detail-type": ["Lambda Function Invocation Result - Failure"]}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "1", "Arn": queue_arn}])
    for arn in (topic, bus):
        Destinations(settings=settings(on_failure_arn=arn), client=cloud.client).deliver(
            Ended(event=accepted(arn, {}, NOW), condition="EventAgeExceeded"), NOW
        )
    seen: list[dict[str, Any]] = []

    def both() -> bool:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        seen.extend(json.loads(message["Body"]) for message in found)
        return len(seen) == 2

    assert wait_for(both), seen
    from_topic = next(json.loads(one["Message"]) for one in seen if "Message" in one)
    from_bus = next(one["detail"] for one in seen if "detail" in one)
    assert from_topic["requestContext"]["requestId"] == topic
    assert from_bus["requestContext"]["requestId"] == bus
