"""Seeded violations of the rules beside this file."""

from __future__ import annotations

import json
from typing import Any

from tests.infra import resource_types as types
from tests.infra.rights.rules import no_allowed_wildcards, policies_say_what_iam_knows
from tests.infra.spoiling import Fault, Spoil, policy, with_inputs

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/t"
OBJECTS = "arn:aws:s3:::bucket/*"


def _statement(type_: str, action: str | list[str], resource: str | list[str] | None, **more: Any) -> Spoil:
    """A policy of one statement, which would be in order but for one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    document = {"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value}]}
    return with_inputs(type_, **{"assumeRolePolicy" if type_ == types.ROLE else "policy": json.dumps(document)})


def _of_role(action: str | list[str], resource: str | list[str] | None, **more: Any) -> Spoil:
    return _statement(types.ROLE_POLICY, action, resource, **more)


def _if(operator: str, key: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: "x"}}}


_ANYONE = {"Principal": {"Service": "lambda.amazonaws.com"}}
_SPOILT: tuple[Spoil, ...] = (
    _of_role("dynamodb:GetItems", TABLE),
    _of_role("dynamo:GetItem", TABLE),
    _of_role("dynamodb:getItem", TABLE),
    _of_role("sqs:SendMessage", TABLE),
    _of_role("sqs:SendMessage", [QUEUE, TABLE]),
    _of_role(["sqs:SendMessage", "dynamodb:GetItem"], QUEUE),
    _of_role("s3:GetObject", "arn:aws:s3:::bucket"),
    _of_role("s3:ListBucket", OBJECTS),
    _of_role("dynamodb:GetRecords", TABLE),
    _of_role("dynamodb:GetItem", f"{TABLE}/stream/2026-01-01T00:00:00.000"),
    _of_role("logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/f"),
    _of_role("sqs:SendMessage", "arn:aws:sqs:q"),
    _of_role("sqs:SendMessage", "arn:aws:sqs:eu-central-1:1234:q"),
    _of_role("sqs:SendMessage", "arn:aws:sqs:eucentral:123456789012:q"),
    _of_role("sqs:SendMessage", "*"),
    _of_role("sqs:SendMessage", None),
    _of_role("sqs:ListQueues", QUEUE),
    _of_role("s3:GetObject", OBJECTS, **_if("StringEquals", "s3:prefix")),
    _of_role("sqs:SendMessage", QUEUE, **_if("StringEquals", "aws:SourceArm")),
    _of_role("sqs:SendMessage", QUEUE, **_if("StringsEqual", "aws:SourceArn")),
    _of_role("ec2:CreateNetworkInterface", "*", Effect="Deny", **_if("Null", "lambda:SourceFunction")),
    _of_role("sqs:Send*", QUEUE),
    _of_role("sqs:*", TABLE, Effect="Deny"),
    _of_role("sqs:AddPermission", QUEUE),
    _of_role("iam:PassRole", "arn:aws:iam::123456789012:role/r"),
    _of_role("sqs:SendMessage", QUEUE, Effect="Grant"),
    _of_role("sqs:SendMessage", QUEUE, Conditions=[{}]),
    _of_role("sqs:SendMessage", QUEUE, **_ANYONE),
    _statement(types.ROLE, "sts:AssumeRoles", None, **_ANYONE),
    _statement(types.ROLE, "sqs:SendMessage", None, **_ANYONE),
    _statement(types.ROLE, "sts:AssumeRole", None),
    _statement(types.PULLING, "ecr:GetImage", None, **_ANYONE),
    _statement(types.QUEUE_POLICY, "sqs:SendMessage", TABLE, **_ANYONE),
    _statement(types.QUEUE_POLICY, "sqs:SendMessage", None, **_ANYONE),
    _statement(types.BUCKET_POLICY, "sqs:SendMessage", QUEUE, **_ANYONE),
    with_inputs(types.ROLE_POLICY, policy=policy("sqs:SendMessage", QUEUE)),  # without a version
)

FAULTS: list[Fault] = [
    (no_allowed_wildcards, with_inputs(types.ROLE_POLICY, policy=policy("s3:GetObject", "arn:aws:s3:::*"))),
    (no_allowed_wildcards, with_inputs(types.ROLE_POLICY, policy=policy("s3:DeleteObject", "arn:aws:s3:::b/p*"))),
    (
        no_allowed_wildcards,
        with_inputs(types.ROLE_POLICY, policy=policy("elasticfilesystem:ClientMount", "arn:aws:e:file-system/*")),
    ),
    (no_allowed_wildcards, with_inputs(types.ROLE_POLICY, policy=policy("aoss:*", "arn:aws:aoss:c"))),
    (no_allowed_wildcards, with_inputs(types.ROLE_POLICY, policy=policy("dynamodb:Scan", "*"))),
    (
        no_allowed_wildcards,
        with_inputs(types.ROLE_POLICY, policy=policy("execute-api:Invoke", "arn:aws:execute-api:r:1:api/v1/*/items/*")),
    ),
    (
        no_allowed_wildcards,
        with_inputs(types.ROLE_POLICY, policy=policy("cloudwatch:SetAlarmState", "arn:aws:cloudwatch:r:1:alarm:*")),
    ),
    (no_allowed_wildcards, with_inputs(types.QUEUE_POLICY, policy=policy("sqs:*", "arn:aws:q"))),
    (
        no_allowed_wildcards,
        with_inputs(
            types.ACCESS_POLICY,
            policy='[{"Rules": [{"Resource": ["index/c/*"], "Permission": ["aoss:ReadDocument"]}], "Principal": []}]',
        ),
    ),
    *((policies_say_what_iam_knows, spoil) for spoil in _SPOILT),
]
