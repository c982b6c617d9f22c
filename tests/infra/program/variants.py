"""The stack with the longest names that its settings take."""

from __future__ import annotations

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    "the longest names": {
        "name_prefix": "p" * 20,
        "operators": {"arns": ["arn:aws:iam::123456789012:role/" + "o" * 64]},
        "table": {"name": "t" * 235},
        "stream": {"name": "s" * 108},
        "collection": {"name": "c" * 12},
        "consumers": {
            "sync_dynamodb_stream": {"function_name": "a" * 38, "failure_destination": "s3"},
            "sync_kinesis_stream": {"function_name": "b" * 38, "failure_destination": "s3"},
        },
        "backfill": {"function_name": "e" * 44},
        "second_delete": {"function_name": "d" * 44},
        "analyses": {"function_name": "c" * 37},
    },
}
