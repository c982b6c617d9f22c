"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

from tests.infra.search.variants import PRIVATE_NETWORK

ALLOWED: list[dict[str, Any]] = [
    {"collection": {"name": "c" * 32}},
    {"collection": {"network": PRIVATE_NETWORK}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name_prefix": "p" * 20, "collection": {"name": "c" * 13}}, "collection.name"),
    ({"collection": {"name": "ab"}}, "collection.name"),
    ({"collection": {"name": "under_score"}}, "collection.name"),
    ({"collection": {"network": {"vpc_id": "vpc-1"}}}, "collection.network.vpc_id"),
    ({"collection": {"reader_arns": ["*"]}}, "collection.reader_arns.0"),
]
