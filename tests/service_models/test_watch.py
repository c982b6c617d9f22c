"""A test that makes a call which AWS would refuse fails, and says what is wrong without saying the value."""

from __future__ import annotations

import re
import subprocess
import sys

import botocore.session
import pytest

from local.layout import ROOT
from tests.service_models.limits import compiled, limits_broken

EXPECTED = {
    "test_call[enum]": "lambda CreateEventSourceMapping StartingPosition: none of TRIM_HORIZON, LATEST, AT_TIMESTAMP",
    "test_call[number]": "lambda CreateEventSourceMapping ParallelizationFactor: more than 10",
    "test_call[pattern]": "lambda Invoke FunctionName: not like ",
    "test_call[length]": "cloudwatch PutMetricAlarm AlarmName: more than 255 characters",
    "test_call[members]": "dynamodb BatchGetItem RequestItems.*.Keys: more than 100 members",
    "test_call_of_a_child": "lambda CreateEventSourceMapping StartingPosition: none of ",
}
SERVICES = (
    "apigateway", "cloudwatch", "dynamodb", "dynamodbstreams", "ecr", "events", "iam", "kinesis", "lambda", "logs",
    "opensearchserverless", "pipes", "s3", "sns", "sqs", "sts",
)  # fmt: skip


def test_a_test_that_makes_a_call_which_aws_would_refuse_fails() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rfp", "--tb=line"]
    run = subprocess.run(
        [*command, "tests/service_models/refused_calls.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    failed = {name.partition("::")[2] for name in re.findall(r"^FAILED (\S+)", run.stdout, re.MULTILINE)}
    assert failed == EXPECTED.keys(), run.stdout + run.stderr
    assert "PASSED tests/service_models/refused_calls.py::test_call[fine]" in run.stdout
    for line in EXPECTED.values():
        assert line in run.stdout
    assert "SECRET" not in run.stdout


TEXT = {"shape": "Text"}


def shape(type_name: str, **limits: object) -> object:
    """A shape as a model would have it."""
    model = {"type": type_name, **limits}
    shapes = {"Shape": model, "Text": {"type": "string", "max": 2}, "Word": {"type": "string", "enum": ["yes"]}}
    return botocore.model.ShapeResolver(shapes).get_shape_by_name("Shape")


@pytest.mark.parametrize(
    ("found", "value", "limited"),
    [
        ("more than 3 characters", "four", shape("string", max=3)),
        ("more than 3 bytes", b"four", shape("blob", max=3)),
        ("more than 3", 4, shape("integer", max=3)),
        ("more than 3", 3.5, shape("double", max=3)),
        ("none of yes, no", "maybe", shape("string", enum=["yes", "no"])),
        ("not like [a-z]+", "a1", shape("string", pattern="[a-z]+")),
        ("not like ^[a-z]+$", "a\n", shape("string", pattern="^[a-z]+$")),
        ("more than 1 members", ["a", "b"], shape("list", max=1, member=TEXT)),
        ("[]: more than 2 characters", ["a", "abc"], shape("list", member=TEXT)),
        ("more than 1 entries", {"a": "", "b": ""}, shape("map", max=1, key=TEXT, value=TEXT)),
        (".(key): more than 2 characters", {"abc": ""}, shape("map", key=TEXT, value=TEXT)),
        (".*: more than 2 characters", {"a": "abc"}, shape("map", key=TEXT, value=TEXT)),
        ("A: none of yes", {"A": "no"}, shape("structure", members={"A": {"shape": "Word"}})),
    ],
)  # fmt: skip
def test_each_kind_of_limit_is_known(found: str, value: object, limited: object) -> None:
    [each] = limits_broken(value, limited)
    assert each.removeprefix(": ") == found


@pytest.mark.parametrize("text", ["Straße 1_a", "ключ", "a/b=c@d"])
def test_tags_of_any_alphabet_are_taken(text: str) -> None:
    assert compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+").fullmatch(text)
    assert not compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+").fullmatch(f"{text}#")


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_services_in_use_is_one_for_python(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    for name in model.shape_names:
        if pattern := model.shape_for(name).metadata.get("pattern"):
            compiled(pattern)
