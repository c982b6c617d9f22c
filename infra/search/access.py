"""Grants the data half of access to a collection: who may do what with which of its indexes."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.base.names import bounded_name
from infra.rights.documents import Document

POLICY_NAME_LIMIT = 32


def grant(
    name: str,
    collection: str,
    principals: Sequence[pulumi.Input[str]],
    rules: Sequence[Document],
    *,
    parent: pulumi.Resource,
) -> pulumi.Resource:
    """Lets the principals do what the rules say (`rights.aoss.on_indexes`, `on_aliases`). Named `<name>-access`."""
    return aws.opensearch.ServerlessAccessPolicy(
        f"{name}-access",
        name=bounded_name(f"{collection}-{name}", limit=POLICY_NAME_LIMIT),
        type="data",
        policy=pulumi.Output.all(*principals).apply(
            lambda known: json.dumps([{"Rules": [rule], "Principal": known} for rule in rules])
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
