"""Rights and names that tests of several rooms look at, as the recorded graph has them."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/lab-table"
TABLE_STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
KINESIS = "arn:aws:kinesis:eu-central-1:123456789012:stream/kinesis-stream-data-lab"
COLLECTION = "arn:aws:aoss:eu-central-1:123456789012:collection/0lab-search"
QUEUES = "arn:aws:sqs:eu-central-1:123456789012:"
LOGS = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/"


def rights(graph: Deployment, name: str) -> dict[str, list[str]]:
    """Maps resource to actions of one role's only policy."""
    document = json.loads(graph.one(types.ROLE_POLICY, name).inputs["policy"])
    return {statement["Resource"]: statement["Action"] for statement in document["Statement"]}


def logs_of(function: str) -> dict[str, list[str]]:
    return {f"{LOGS}{function}:log-stream:*": ["logs:CreateLogStream", "logs:PutLogEvents"]}


def data_access(graph: Deployment, name: str) -> list[tuple[list[str], list[str], list[str]]]:
    policy = json.loads(graph.one(types.ACCESS_POLICY, name).inputs["policy"])
    return [(rule["Resource"], rule["Permission"], block["Principal"]) for block in policy for rule in block["Rules"]]
