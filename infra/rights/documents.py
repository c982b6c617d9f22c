"""Builds policy documents of statements. No `*` action, and no `*` resource but where AWS has no resource level."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pulumi

Statement = dict[str, Any]
Document = dict[str, Any]
Statements = Sequence[pulumi.Input[Statement]]


def document(statements: Iterable[Statement]) -> Document:
    """Returns an IAM policy document of the given statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy_of(statements: Statements) -> pulumi.Output[str]:
    """Returns the JSON of a policy, known when all its statements are."""
    return pulumi.Output.all(*statements).apply(lambda known: json.dumps(document(known)))


def assume_role(service: str) -> Document:
    """Lets one AWS service, for example `lambda.amazonaws.com`, take the role."""
    return document([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}])


def assume_role_for(service: str, source_arn: str) -> Document:
    """Lets the service take the role on behalf of one resource alone.

    Otherwise another account's resource could make the service take it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    [statement] = assume_role(service)["Statement"]
    account = source_arn.split(":")[4]
    only = {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": source_arn}}
    return document([{**statement, "Condition": only}])


def allow(actions: Sequence[str], resource: str | list[str]) -> Statement:
    """Allows the actions on one resource, or on each of a list."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def in_partition_of(arn: str, rest: str) -> str:
    """Returns an ARN in the partition of another: `aws`, or that of GovCloud or of China's regions.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    return f"arn:{arn.split(':')[1]}:{rest}"


def tls_only(action: str, resource: str | list[str]) -> Document:
    """Refuses every call to the resource that is not encrypted on its way."""
    # A refusal is as wide as it can be: `*` takes rights away here, it gives none.
    return document(
        [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": action,
                "Resource": resource,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    )
