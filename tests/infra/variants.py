"""The stacks that the program is tried as: the defaults, and every branch that configuration opens."""

from __future__ import annotations

from typing import Any

DIGEST = "sha256:" + "a" * 64
ACCESS_POINT = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0"
PRIVATE_NETWORK = {
    "access": "private",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "security_group_ids": ["sg-0123456789abcdef0"],
}

VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "failures in buckets": {
        "consumers": {
            "sync_dynamodb_stream": {"failure_destination": "s3"},
            "sync_kinesis_stream": {"failure_destination": "s3"},
        }
    },
    "private network": {"collection": {"network": PRIVATE_NETWORK}},
    "provisioned": {
        "table": {"billing": "provisioned", "read_capacity": 5, "write_capacity": 6},
        "stream": {"mode": "provisioned", "shard_count": 2},
    },
    "api key": {"api": {"authorization": "api_key"}},
    "images from elsewhere": {
        "consumers": {
            "sync_dynamodb_stream": {"image_digest": DIGEST},
            "sync_kinesis_stream": {"image_digest": DIGEST},
        },
        "replicate": {"image_digest": DIGEST},
        "table_api": {"image_digest": DIGEST},
        "analytics": {"image_digest": DIGEST},
    },
    "x86_64 with a prefix": {"architecture": "x86_64", "name_prefix": "team-search-"},
    "images on a base of one's own": {
        "images": {"base_image": f"base@{DIGEST}", "extensions_image": "extensions:1", "scan_on_push": True},
    },
    "without analytics": {"analytics": {"enabled": False}},
    "analyses told elsewhere": {
        "analytics": {
            "on_success": "arn:aws:sns:eu-central-1:123456789012:analyses",
            "on_failure": "arn:aws:events:eu-central-1:123456789012:event-bus/default",
            "search_input": False,
        }
    },
    "analyses of files": {
        "collection": {"network": PRIVATE_NETWORK},
        "analytics": {
            "input_locations": ["s3://my-data/inputs/", "s3://more-data/"],
            "file_system": {
                "access_point_arn": ACCESS_POINT,
                "folder": "data",
            },
            "reserved_concurrency": 10,
            "on_failure": "arn:aws:sqs:eu-central-1:210987654321:failures",
        },
    },
    "operators": {
        "operators": {"arns": ["arn:aws:iam::123456789012:role/operator"]},
        "consumers": {"sync_kinesis_stream": {"failure_destination": "s3"}},
    },
    "readers and alarms": {
        "collection": {"reader_arns": ["arn:aws:iam::123456789012:role/analyst"]},
        "alarms": {"topic_arn": "arn:aws:sns:eu-central-1:123456789012:alarms"},
    },
}
