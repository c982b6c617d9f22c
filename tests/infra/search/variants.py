"""Stacks with a private collection, and with readers."""

from __future__ import annotations

from typing import Any

PRIVATE_NETWORK = {
    "access": "private",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "security_group_ids": ["sg-0123456789abcdef0"],
}

EXISTING_ENDPOINT = {key: value for key, value in PRIVATE_NETWORK.items() if key != "vpc_id"} | {
    "vpc_endpoint_id": "vpce-0123456789abcdef0"
}

VARIANTS: dict[str, dict[str, Any]] = {
    "no standby replicas": {"collection": {"standby_replicas": False}},
    "private network": {"collection": {"network": PRIVATE_NETWORK}},
    "private network through an existing endpoint": {"collection": {"network": EXISTING_ENDPOINT}},
    "readers and alarms": {
        "collection": {"reader_arns": ["arn:aws:iam::123456789012:role/analyst"]},
        "alarms": {"topic_arn": "arn:aws:sns:eu-central-1:123456789012:alarms"},
    },
}
