"""What a policy in the recorded graph may not say: a wildcard, but for the few that AWS leaves no choice about, and
what IAM doesn't know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment, Registration
from tests.infra.rights.iam_lint import problems_of

_BELOW_A_PATH = re.compile(
    r"arn:aws:execute-api:[^:*/]+:[^:*/]+:[^*/]+/[^*/]+/(?:[A-Z]+|\*(?=/items/smoke-))/[a-z]+/[^*]*\*"
)
_POLICY_INPUTS = ("policy", "assumeRolePolicy", "resourcePolicy")


def no_allowed_wildcards(graph: Deployment) -> list[str]:
    """Over IAM, queue, bucket and collection policies alike. A refusal may be as wide as it likes."""
    found = []
    for entry, statement in statements(graph):
        if statement.get("Effect") == "Deny":
            continue
        for key in ("Action", "Permission", "Principal", "Resource", "NotAction", "NotResource"):
            found += [
                f"{entry.name} ({entry.type}): {key} {value}"
                for value in _flat(statement.get(key))
                if "*" in value and not _unavoidable(key, value, statement)
            ]
    return found


# A resource's own policy: it has principals, and actions of this one service.
_OF_A_RESOURCE = {types.ROLE: "sts", types.PULLING: "ecr", types.QUEUE_POLICY: "sqs", types.BUCKET_POLICY: "s3"}


def policies_say_what_iam_knows(graph: Deployment) -> list[str]:
    """By AWS's lists of actions, resource types and condition keys. A policy that grants nothing is taken silently."""
    found = []
    for entry in graph.registrations:
        if entry.type not in (types.ROLE_POLICY, types.POLICY, *_OF_A_RESOURCE):
            continue
        document = json.loads(entry.inputs["assumeRolePolicy" if entry.type == types.ROLE else "policy"])
        if document.get("Version") != "2012-10-17":
            found.append(f"{entry.name} ({entry.type}) has no version")
        for statement in document["Statement"]:
            problems = problems_of(statement, of_service=_OF_A_RESOURCE.get(entry.type))
            found += [f"{entry.name} ({entry.type}): {problem}" for problem in problems]
    return found


def statements(graph: Deployment) -> Iterator[tuple[Registration, dict[str, Any]]]:
    """Every statement of IAM documents and every rule of collection policies, each with its principals."""
    for entry in graph.registrations:
        for key in _POLICY_INPUTS:
            text = entry.inputs.get(key)
            if not isinstance(text, str):
                continue
            policy = json.loads(text)
            for block in policy if isinstance(policy, list) else [policy]:
                for statement in block.get("Statement", []):
                    yield entry, statement
                for rule in block.get("Rules", []):
                    yield entry, {**rule, "Principal": block.get("Principal", [])}


def _unavoidable(key: str, value: str, statement: dict[str, Any]) -> bool:
    if key != "Resource":
        return False
    if value.endswith(":log-stream:*"):  # of one named group; Lambda chooses the streams' names
        return ":log-group:/aws/lambda/" in value
    if value.endswith("/aws/lambda/*"):  # in one bucket; keys hold an id that does not exist yet
        return statement.get("Action") in (["s3:PutObject"], ["s3:DeleteObject", "s3:GetObject"])
    if value.endswith("/driftless-probe-*"):  # the probe's own indexes, under random names
        return value.startswith("index/")
    if value.endswith(":file-system/*"):  # through one access point, whose ARN doesn't say of which file system it is
        return "elasticfilesystem:AccessPointArn" in statement.get("Condition", {}).get("StringEquals", {})
    if re.fullmatch(r"arn:aws:s3:::[^*/]+/[^*]*\*", value):  # what is below one prefix, which may be empty for input
        return statement.get("Action") in (["s3:GetObject"], ["s3:PutObject"])
    if _BELOW_A_PATH.fullmatch(value):  # of one API's stage, one method and path; the rest are ids
        return statement.get("Action") == ["execute-api:Invoke"]
    if value.endswith(":alarm:*"):  # CloudWatch checks the right against all alarms, whatever names are asked for
        return statement.get("Action") == ["cloudwatch:DescribeAlarms"]
    return value == "*" and all(action.startswith("ec2:") for action in _flat(statement.get("Action")))


def _flat(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _flat(item)]
    return [text for item in value for text in _flat(item)]


RULES = (no_allowed_wildcards, policies_say_what_iam_knows)
