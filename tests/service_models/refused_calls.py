"""Calls that AWS would refuse. test_watch.py starts this file as a test run of its own, in which each has to fail."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from local.services.aws_client import aws_client

NOWHERE = "http://127.0.0.1:9"
"""The discard port, where nothing listens: the code under test sees an error of the network, and takes it."""
MAPPING = {"FunctionName": "sync", "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q"}

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fine": ("lambda", "create_event_source_mapping", {**MAPPING, "BatchSize": 10_000}),
    "enum": ("lambda", "create_event_source_mapping", {**MAPPING, "StartingPosition": "SECRET"}),
    "number": ("lambda", "create_event_source_mapping", {**MAPPING, "ParallelizationFactor": 11}),
    "pattern": ("lambda", "invoke", {"FunctionName": "SECRET name"}),
    "length": ("cloudwatch", "put_metric_alarm", {"AlarmName": "SECRET" * 43, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}),  # noqa: E501 - a call a line
    "members": ("dynamodb", "batch_get_item", {"RequestItems": {"SECRET": {"Keys": [{"id": {"S": str(number)}} for number in range(101)]}}}),  # noqa: E501
}  # fmt: skip
IN_A_CHILD = """
from tests.service_models.refused_calls import make
make("enum")
"""


def make(case: str) -> None:
    """Calls, and hears of no answer."""
    service, operation, arguments = CALLS[case]
    client = aws_client(NOWHERE, "us-east-1", service, config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(EndpointConnectionError):
        getattr(client, operation)(**arguments)


@pytest.mark.parametrize("case", CALLS)
def test_call(case: str) -> None:
    make(case)


def test_call_of_a_child() -> None:
    subprocess.run([sys.executable, "-c", IN_A_CHILD], check=True)
