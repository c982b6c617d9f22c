"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

from tests.infra.search.variants import EXISTING_ENDPOINT, PRIVATE_NETWORK

ALLOWED: list[dict[str, Any]] = [
    {"collection": {"name": "c" * 32}},
    {"collection": {"reader_arns": ["arn:aws:iam::123456789012:user/people/me"]}},
    {"collection": {"network": PRIVATE_NETWORK}},
    {"collection": {"network": EXISTING_ENDPOINT}},
    {"collection": {"network": {**EXISTING_ENDPOINT, **PRIVATE_NETWORK}}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name_prefix": "p" * 20, "collection": {"name": "c" * 13}}, "collection.name"),
    ({"collection": {"name": "ab"}}, "collection.name"),
    ({"collection": {"name": "under_score"}}, "collection.name"),
    ({"collection": {"network": {"vpc_id": "vpc-1"}}}, "collection.network.vpc_id"),
    ({"collection": {"network": {"vpc_endpoint_id": "vpce-1"}}}, "collection.network.vpc_endpoint_id"),
    (
        {"collection": {"network": {**PRIVATE_NETWORK, "vpc_endpoint_id": "vpc-1"}}},
        "collection.network.vpc_endpoint_id",
    ),
    (
        {"collection": {"network": {key: value for key, value in PRIVATE_NETWORK.items() if key != "vpc_id"}}},
        "collection.network.vpc_id",
    ),
    ({"collection": {"reader_arns": ["*"]}}, "collection.reader_arns.0"),
    ({"collection": {"reader_arns": ["arn:aws:iam::123456789012:root"]}}, "collection.reader_arns.0"),
    (
        {"collection": {"reader_arns": ["arn:aws:sts::123456789012:assumed-role/analyst/me"]}},
        "collection.reader_arns.0",
    ),
]
