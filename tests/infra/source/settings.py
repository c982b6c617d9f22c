"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

ALLOWED: list[dict[str, Any]] = [
    {"table": {"name": "abc"}, "name_prefix": "p" * 20},
    {
        "stream": {"retention_hours": 8760},
        "consumers": {"sync_kinesis_stream": {"maximum_record_age_seconds": 604_800}},
    },
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name_prefix": "p-", "table": {"name": "t" * 254}}, "table.name"),
    ({"name_prefix": "p-", "stream": {"name": "s" * 127}}, "stream.name"),
    ({"table": {"name": "ab"}}, "table.name"),
    ({"table": {"read_capacity": 5}}, "table.read_capacity"),
    ({"table": {"name": "has space"}}, "table.name"),
    ({"stream": {"shard_count": 1}}, "stream.shard_count"),
    ({"stream": {"retention_hours": 23}}, "stream.retention_hours"),
]
