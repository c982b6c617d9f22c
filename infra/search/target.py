"""What a function needs to know of the collection that it talks to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class FunctionNetwork:
    """Where in a VPC a function sits; the security groups must let themselves in on port 443."""

    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SearchTarget:
    """A collection: its name, which policies use, its ARN and endpoint, and the network it is reached from, if any."""

    collection: str
    collection_arn: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    network: FunctionNetwork | None
