"""Small parts around pipe and runner: what is refused at the start, what MiniStack must have."""

import types
from pathlib import Path
from typing import Any

import pytest

from local.program.resources import CREATORS
from local.program.resources.asynchronous import asynchronous_settings
from local.program.resources.creation import Cloud
from local.runners.asynchronous.start import MOST_PARALLEL
from local.services.ministack_wrapping import known
from tests.service_models.fake_client import speaks

FUNCTIONS = "arn:aws:lambda:us-east-1:000000000000:function:"
PIPE: dict[str, Any] = {
    "source": "arn:aws:sqs:us-east-1:000000000000:work",
    "target": f"{FUNCTIONS}work",
    "roleArn": "arn:aws:iam::000000000000:role/pipe",
    "targetParameters": {"lambdaFunctionParameters": {"invocationType": "FIRE_AND_FORGET"}},
}


@speaks("lambda")
class Functions:
    """A Lambda client that knows every function, each with the same reserved concurrency."""

    def __init__(self, reserved: int | None) -> None:
        self._reserved = reserved

    def get_function(self, *, FunctionName: str) -> dict[str, Any]:
        reserved = {} if self._reserved is None else {"ReservedConcurrentExecutions": self._reserved}
        configuration = self.get_function_configuration(FunctionName=FunctionName)
        return {"Configuration": configuration, "Concurrency": reserved}

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        return {
            "FunctionArn": f"{FUNCTIONS}{FunctionName}",
            "Role": "arn:aws:iam::000000000000:role/work",
            "Timeout": 3,
        }

    def update_function_code(self, *, FunctionName: str, ZipFile: bytes) -> dict[str, Any]:
        """Takes the less urgent bootstrap."""
        return {}


@speaks("sqs")
class Queues:
    """An SQS client that knows every queue."""

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": f"http://localhost/{QueueName}"}


def cloud(reserved: int | None = None) -> Cloud:
    made = Cloud(aws_endpoint_url="http://localhost", opensearch_url="", region="us-east-1", root=Path())
    made.clients |= {"lambda": Functions(reserved), "sqs": Queues()}
    return made


def test_two_pipes_into_a_function_share_its_runner_whose_settings_may_come_last() -> None:
    place = cloud()
    for name in ("pipe", "second"):
        CREATORS["aws:pipes/pipe:Pipe"](place, name, PIPE)
    assert place.parts == []
    place.bootstraps["work"] = "#!/bin/sh\n"
    CREATORS["aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"](
        place, "config", {"functionName": "work", "maximumRetryAttempts": 0}
    )
    invocation, pipe, second = place.make_parts()
    assert (invocation.kind, invocation.name) == ("asynchronous invocation", "work")
    assert [(part.kind, part.name, part.hands_over_to) for part in (pipe, second)] == [
        ("pipe", "pipe", (invocation,)),
        ("pipe", "second", (invocation,)),
    ]
    assert pipe.runner.target is second.runner.target is invocation.runner
    assert invocation.runner.settings.maximum_retry_attempts == 0


@pytest.mark.parametrize(
    "change",
    [
        {"source": "arn:aws:kinesis:us-east-1:000000000000:stream/s"},
        {"target": "arn:aws:sns:us-east-1:000000000000:t"},
        {"targetParameters": {"lambdaFunctionParameters": {"invocationType": "REQUEST_RESPONSE"}}},
        {"targetParameters": PIPE["targetParameters"] | {"inputTemplate": "<$.body>"}},
        {"enrichment": f"{FUNCTIONS}other"},
        {"sourceParameters": {"filterCriteria": {"filters": [{"pattern": "{}"}]}}},
        {"sourceParameters": {"sqsQueueParameters": {"maximumBatchingWindowInSeconds": 5}}},
    ],
)
def test_a_pipe_that_is_not_emulated_is_refused_and_not_half_done(change: dict[str, Any]) -> None:
    place = cloud()
    with pytest.raises(ValueError, match="emulated"):
        CREATORS["aws:pipes/pipe:Pipe"](place, "pipe", PIPE | change)
    assert place.make_parts() == []


def test_a_function_without_settings_has_those_of_aws() -> None:
    settings = asynchronous_settings(cloud(), "work")
    assert (settings.maximum_retry_attempts, settings.maximum_event_age_seconds) == (2, 21_600)
    assert (settings.on_success_arn, settings.on_failure_arn, settings.parallel) == (None, None, MOST_PARALLEL)


def test_declared_settings_hold_and_no_retry_is_a_setting_too() -> None:
    place = cloud(reserved=1)
    place.asynchronous["work"] = {
        "maximumRetryAttempts": 0,
        "maximumEventAgeInSeconds": 60,
        "destinationConfig": {"onFailure": {"destination": "arn:failure"}},
    }
    settings = asynchronous_settings(place, "work")
    assert (settings.maximum_retry_attempts, settings.maximum_event_age_seconds) == (0, 60)
    assert (settings.on_success_arn, settings.on_failure_arn, settings.parallel) == (None, "arn:failure", 1)


@pytest.mark.parametrize(
    "module", [types.SimpleNamespace(__name__="m"), types.SimpleNamespace(__name__="m", _invoke=len)]
)
def test_a_ministack_that_has_changed_ends_at_once_and_says_where_to_look(module: Any) -> None:
    with pytest.raises(SystemExit, match=r"m\._invoke as it was: look at local/services/ministack_\*\.py"):
        known(module, "_invoke")
