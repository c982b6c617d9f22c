"""Stacks with operators."""

from __future__ import annotations

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    "operators": {
        "operators": {"arns": ["arn:aws:iam::123456789012:role/operator"]},
        "consumers": {"sync_kinesis_stream": {"failure_destination": "s3"}},
    }
}
