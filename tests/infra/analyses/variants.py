"""Stacks without analyses, and with every option of theirs."""

from __future__ import annotations

from typing import Any

from tests.infra.search.variants import PRIVATE_NETWORK

ACCESS_POINT = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0"

VARIANTS: dict[str, dict[str, Any]] = {
    "without analyses": {"analyses": {"enabled": False}},
    "analyses reported elsewhere": {
        "analyses": {
            "on_success": "arn:aws:sns:eu-central-1:123456789012:analyses",
            "on_failure": "arn:aws:events:eu-central-1:123456789012:event-bus/default",
            "search_input": False,
        }
    },
    "analyses of files": {
        "collection": {"network": PRIVATE_NETWORK},
        "analyses": {
            "input_locations": ["s3://my-data/inputs/", "s3://more-data/"],
            "file_system": {
                "access_point_arn": ACCESS_POINT,
                "folder": "data",
            },
            "reserved_concurrency": 10,
            "on_failure": "arn:aws:sqs:eu-central-1:210987654321:failures",
        },
    },
}
