"""Stacks whose consumers report failures to buckets."""

from __future__ import annotations

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    "failures in buckets": {
        "consumers": {
            "sync_dynamodb_stream": {"failure_destination": "s3"},
            "sync_kinesis_stream": {"failure_destination": "s3"},
        }
    }
}
