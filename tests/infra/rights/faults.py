"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.rights.rules import no_allowed_wildcards
from tests.infra.spoiling import Fault, policy, with_inputs

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
]
