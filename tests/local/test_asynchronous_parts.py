"""Small parts around pipe and runner: what is refused at the start, what MiniStack must have, what the demo asks."""

import types
from pathlib import Path
from typing import Any

import pytest

from demo.analyses import COLUMNS, as_csv, days, january, mean_delays, poison, requests_for
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud
from local.runners.asynchronous.start import MOST_PARALLEL, asynchronous_settings
from local.services.ministack_additions import _known
from scilearn.errors import PermanentError
from scilearn.request_schema import checked

PIPE: dict[str, Any] = {
    "source": "arn:aws:sqs:us-east-1:000000000000:work",
    "target": "arn:aws:lambda:us-east-1:000000000000:function:work",
    "targetParameters": {"lambdaFunctionParameters": {"invocationType": "FIRE_AND_FORGET"}},
}


class Functions:
    """A Lambda client that knows one function."""

    def __init__(self, reserved: int | None) -> None:
        self._reserved = reserved

    def get_function(self, *, FunctionName: str) -> dict[str, Any]:
        found: dict[str, Any] = {"Configuration": {"FunctionArn": f"arn:{FunctionName}"}}
        return (
            found
            if self._reserved is None
            else found | {"Concurrency": {"ReservedConcurrentExecutions": self._reserved}}
        )


def cloud(reserved: int | None = None) -> Cloud:
    made = Cloud(aws_endpoint_url="http://localhost", opensearch_url="", region="us-east-1", root=Path())
    made._clients["lambda"] = Functions(reserved)
    return made


def test_a_pipe_is_noted_for_the_runner() -> None:
    place = cloud()
    CREATORS["aws:pipes/pipe:Pipe"](place, "pipe", PIPE)
    assert [pipe.name for pipe in place.pipes] == ["pipe"]


@pytest.mark.parametrize(
    "change",
    [
        {"source": "arn:aws:kinesis:us-east-1:000000000000:stream/s"},
        {"target": "arn:aws:sns:us-east-1:000000000000:t"},
        {"targetParameters": {"lambdaFunctionParameters": {"invocationType": "REQUEST_RESPONSE"}}},
        {"targetParameters": PIPE["targetParameters"] | {"inputTemplate": "<$.body>"}},
        {"enrichment": "arn:aws:lambda:us-east-1:000000000000:function:other"},
        {"sourceParameters": {"filterCriteria": {"filters": [{"pattern": "{}"}]}}},
        {"sourceParameters": {"sqsQueueParameters": {"maximumBatchingWindowInSeconds": 5}}},
    ],
)
def test_a_pipe_that_is_not_emulated_is_refused_and_not_half_done(change: dict[str, Any]) -> None:
    place = cloud()
    with pytest.raises(ValueError, match="emulated"):
        CREATORS["aws:pipes/pipe:Pipe"](place, "pipe", PIPE | change)
    assert place.pipes == []


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
    with pytest.raises(SystemExit, match=r"m\._invoke as it was: look at local/services/ministack_additions\.py"):
        _known(module, "_invoke")


def test_every_request_of_the_demo_is_one_that_the_service_takes() -> None:
    flights = january()
    assert len(flights) == 27_004
    assert as_csv(flights).count(b"\n") == 27_005
    source = {"type": "s3", "bucket": "bucket", "key": "flights.csv", "format": "csv"}
    for request in requests_for(flights, source).values():
        checked(request)
        assert set(request["options"].get("features", ())) <= {*COLUMNS, "flights", "cancelled", "mean_delay"}
    mistaken = checked(poison(source))
    assert mistaken["options"]["target"] not in COLUMNS, "it passes every check, and no column of it is there"
    with pytest.raises(PermanentError):
        checked(poison(source) | {"analysis": "none"})


def test_what_the_demo_checks_against_is_computed_from_the_flights() -> None:
    flights = [
        {"day": "1", "carrier": "A", "arr_delay": "10", "dep_delay": "1"},
        {"day": "1", "carrier": "A", "arr_delay": "-5", "dep_delay": "1"},
        {"day": "2", "carrier": "B", "arr_delay": "3", "dep_delay": "0"},
        {"day": "2", "carrier": "B", "arr_delay": "NA", "dep_delay": "NA"},
    ]
    assert mean_delays(flights) == {"A": 2.5, "B": 3.0}
    assert days(flights) == [
        {"day": 1, "flights": 2, "cancelled": 0, "mean_delay": 2.5},
        {"day": 2, "flights": 2, "cancelled": 1, "mean_delay": 3.0},
    ]
