"""Describes where in a VPC a function sits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FunctionNetwork:
    """Subnets and security groups of a function. The groups must let themselves in on port 443."""

    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]
