"""Stacks with provisioned capacities."""

from __future__ import annotations

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    "provisioned": {
        "table": {"billing": "provisioned", "read_capacity": 5, "write_capacity": 6},
        "stream": {"mode": "provisioned", "shard_count": 2},
    }
}
