"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

ALLOWED: list[dict[str, Any]] = [
    {"operators": {"arns": ["arn:aws:iam::123456789012:role/team/on-call", "arn:aws:iam::123456789012:user/ada"]}},
    {"operators": {"arns": ["arn:aws-cn:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ops_1a"]}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"operators": {"arns": ["arn:aws:iam::123456789012:role/*"]}}, "operators.arns.0"),
    ({"operators": {"arns": ["arn:aws:iam::123456789012:root"]}}, "operators.arns.0"),
    ({"operators": {"arns": ["arn:aws:sts::123456789012:assumed-role/on-call/ada"]}}, "operators.arns.0"),
    ({"operators": {"arns": "arn:aws:iam::123456789012:role/on-call"}}, "operators.arns"),
]
