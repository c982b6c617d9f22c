"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

ALLOWED: list[dict[str, Any]] = [
    {"table_api": {"timeout_seconds": 28}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"table_api": {"timeout_seconds": 29}}, "table_api.timeout_seconds"),
    ({"table_api": {"function_name": "sync-data-with-kinesis-stream"}}, "table_api.function_name"),
    ({"api": {"authorization": "none"}}, "api.authorization"),
    ({"api": {"throttle_rate": 0}}, "api.throttle_rate"),
    ({"api": {"stage": "v-1"}}, "api.stage"),
]
