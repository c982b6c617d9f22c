"""Mappings of queues as the program declares them, over the embedded AWS: delays, visibility, dead letters, errors.

The function is a stand-in at the place of `replicate.second_delete.handler`, in an `images/` of this file's own.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.checks import wait_for
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud
from local.runners.part import Part, parts_status, start_parts, stop_parts
from local.runners.queue_mapping.runner import QueueMappingRunner
from local.services.ministack import REGION
from tests.local.mapping_fakes import running_ministack

pytestmark = pytest.mark.local

HANDLER = """
import json
def handler(event, context):
    bodies = {r["messageId"]: json.loads(r["body"]) for r in event["Records"]}
    print("got", len(bodies), *sorted(body["name"] for body in bodies.values()), flush=True)
    if any(body["name"] == "explode" for body in bodies.values()):
        raise ValueError("on purpose")
    return {"batchItemFailures": [{"itemIdentifier": i} for i, body in bodies.items() if body["name"] == "bad"]}
"""
TYPES = {
    "queue": "aws:sqs/queue:Queue",
    "function": "aws:lambda/function:Function",
    "mapping": "aws:lambda/eventSourceMapping:EventSourceMapping",
}


class Place:
    """One emulator, in which a test declares resources as Pulumi's inputs. Each `program` is a new one's cloud."""

    def __init__(self, endpoint: str, root: Path) -> None:
        self._where: dict[str, Any] = {"aws_endpoint_url": endpoint, "region": REGION, "root": root}
        self.parts: list[Part] = []
        self.program()

    def program(self) -> Cloud:
        """Begins a new program, whose parts are its own."""
        self.cloud = Cloud(opensearch_url="", **self._where)
        return self.cloud

    def make(self, kind: str, name: str, **inputs: Any) -> dict[str, Any]:
        """Declares one resource; returns its inputs and outputs."""
        identifier, outputs = CREATORS[TYPES[kind]](self.cloud, name, inputs)
        return {"id": identifier, **inputs, **outputs}

    def mapped(self, name: str, *, visibility_seconds: int = 2, delay_seconds: int = 0, receives: int = 2) -> str:
        """Makes queue, dead-letter queue and mapping, started; returns the queue's URL."""
        cloud = self.program()
        dead = self.make("queue", f"{name}-dead")
        policy = json.dumps({"deadLetterTargetArn": dead["arn"], "maxReceiveCount": receives})
        queue = self.make("queue", name, visibilityTimeoutSeconds=visibility_seconds, delaySeconds=delay_seconds,
                          redrivePolicy=policy)  # fmt: skip
        self.make("mapping", f"{name}-mapping", eventSourceArn=queue["arn"], functionName="second-deletes",
                  enabled=True, batchSize=10, maximumBatchingWindowInSeconds=0,
                  functionResponseTypes=["ReportBatchItemFailures"], scalingConfig={"maximumConcurrency": 2},
                  metricsConfig={"metrics": ["EventCount"]})  # fmt: skip
        start_parts(cloud.make_parts())
        self.parts += cloud.parts
        return str(queue["url"])

    def runner(self, name: str) -> QueueMappingRunner:
        """The runner of the queue."""
        [runner] = [part.runner for part in self.parts if (part.kind, part.name) == ("queue mapping", name)]
        assert isinstance(runner, QueueMappingRunner)
        return runner

    def send(self, url: str, *names: str, **options: Any) -> None:
        """Sends a message for each name."""
        for name in names:
            self.cloud.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"name": name}), **options)

    def count(self, name: str, attribute: str = "ApproximateNumberOfMessages") -> int:
        """Counts a queue's messages."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][attribute])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One emulator for this file, with one function; queues are each test's own."""
    root = tmp_path_factory.mktemp("program")
    _write_stand_in(root)
    with running_ministack() as ministack:
        place = Place(ministack.endpoint, root)
        place.make("function", "second-deletes", imageUri="x@none", role="arn:aws:iam::000000000000:role/r", timeout=2,
                   memorySize=256, imageConfig={"commands": ["replicate.second_delete.handler"]},
                   environment={"variables": {"INDEXES": "[]"}},
                   loggingConfig={"logGroup": "/aws/lambda/second-deletes"})  # fmt: skip
        try:
            yield place
        finally:
            stop_parts(place.parts)


def _write_stand_in(root: Path) -> None:
    folder = root / "images" / "replicate"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "second_delete.py").write_text(HANDLER)


def test_messages_are_handed_over_and_deleted(place: Place) -> None:
    url = place.mapped("plain")
    place.send(url, *(f"m{number}" for number in range(25)))

    runner = place.runner("plain")
    assert wait_for(lambda: runner.status().messages_deleted == 25)

    assert runner.wait_until_drained(5)
    status = runner.status()
    assert (status.messages_received, status.messages_returned, status.pending_messages) == (25, 0, 0)
    assert (status.failed_invocations, status.not_invoked, status.poll_failures) == (0, 0, 0)


def test_a_delayed_message_is_neither_pending_nor_waited_for_and_comes_in_its_time(place: Place) -> None:
    url = place.mapped("delayed", delay_seconds=3)
    sent = time.monotonic()
    place.send(url, "late")

    runner = place.runner("delayed")
    assert place.count("delayed", "ApproximateNumberOfMessagesDelayed") == 1
    assert runner.wait_until_drained(0), "what is due later is not waited for"
    assert runner.status().pending_messages == runner.status().messages_received == 0

    assert wait_for(lambda: runner.status().messages_deleted == 1)
    assert time.monotonic() - sent >= 3


def test_a_reported_message_comes_again_after_its_visibility_and_ends_among_the_dead_letters(place: Place) -> None:
    url = place.mapped("reporting")
    began = time.monotonic()
    place.send(url, "good", "bad", "fine")

    runner = place.runner("reporting")
    assert wait_for(lambda: place.count("reporting-dead") == 1)

    assert time.monotonic() - began >= 4, "two receipts, each with its visibility"
    status = runner.status()
    assert (status.messages_deleted, status.messages_returned) == (2, 2)
    assert status.partial_failures + status.failed_invocations == 2
    assert runner.wait_until_drained(0)


def test_a_function_that_fails_returns_its_whole_batch(place: Place) -> None:
    url = place.mapped("failing", receives=1)
    place.send(url, "explode")

    runner = place.runner("failing")
    assert wait_for(lambda: place.count("failing-dead") == 1)

    status = runner.status()
    assert (status.messages_deleted, status.messages_returned, status.failed_invocations) == (0, 1, 1)


def test_status_shows_the_mapping_like_its_siblings(place: Place) -> None:
    place.mapped("shown")

    counters = parts_status(place.parts)["queue mapping"]["shown"]

    assert {"messages_received", "messages_deleted", "messages_returned", "pending_messages"} <= counters.keys()
    assert {"invocations", "failed_invocations", "poll_failures"} <= counters.keys()


def test_a_mapping_that_is_off_runs_nothing(place: Place) -> None:
    cloud = place.program()
    queue = place.make("queue", "off", visibilityTimeoutSeconds=2)
    place.make("mapping", "off-mapping", eventSourceArn=queue["arn"], functionName="second-deletes", enabled=False)

    assert cloud.make_parts() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"startingPosition": "LATEST"}, "no startingPosition for a queue"),
        ({"maximumRetryAttempts": 0}, "no maximumRetryAttempts"),
        ({"destinationConfig": {"onFailure": {"destinationArn": "a"}}}, "no destinationConfig"),
        ({"filterCriteria": {"filters": [{"pattern": "{}"}]}}, "not emulated"),
        ({"batchSize": 11}, "needs a window"),
    ],
)
def test_what_lambda_refuses_or_is_not_emulated_ends_the_start(
    place: Place, change: dict[str, Any], message: str
) -> None:
    cloud = place.program()
    queue = place.make("queue", "refused", visibilityTimeoutSeconds=2)

    with pytest.raises(ValueError, match=message):
        place.make("mapping", "m", eventSourceArn=queue["arn"], functionName="second-deletes", **change)

    assert cloud.make_parts() == []


def test_a_queue_whose_visibility_ends_before_the_function_does_is_refused(place: Place) -> None:
    queue = place.make("queue", "impatient", visibilityTimeoutSeconds=1)

    with pytest.raises(ValueError, match="visibility time-out of 1 s is less than the function's time-out of 2 s"):
        place.make("mapping", "m", eventSourceArn=queue["arn"], functionName="second-deletes")


def test_the_runner_outlives_a_queue_that_vanishes(place: Place) -> None:
    url = place.mapped("short-lived")
    sqs = place.cloud.client("sqs")
    sqs.delete_queue(QueueUrl=url)

    runner = place.runner("short-lived")
    assert wait_for(lambda: runner.status().poll_failures > 0)
    place.make("queue", "short-lived", visibilityTimeoutSeconds=2)
    place.send(url, "again")

    assert wait_for(lambda: runner.status().messages_deleted == 1)
