"""Stacks that build or name images in other ways."""

from __future__ import annotations

from typing import Any

DIGEST = "sha256:" + "a" * 64

VARIANTS: dict[str, dict[str, Any]] = {
    "images from elsewhere": {
        "consumers": {
            "sync_dynamodb_stream": {"image_digest": DIGEST},
            "sync_kinesis_stream": {"image_digest": DIGEST},
        },
        "backfill": {"image_digest": DIGEST},
        "table_api": {"image_digest": DIGEST},
        "analyses": {"image_digest": DIGEST},
    },
    "x86_64 with a prefix": {"architecture": "x86_64", "name_prefix": "team-search-"},
    "images on another base": {
        "images": {"base_image": f"base@{DIGEST}", "extensions_image": "extensions:1", "scan_on_push": True},
    },
}
