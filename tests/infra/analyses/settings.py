"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any

from tests.infra.analyses.variants import ACCESS_POINT
from tests.infra.search.variants import PRIVATE_NETWORK

ALLOWED: list[dict[str, Any]] = [
    {"analyses": {"memory_mb": 512, "ephemeral_storage_mb": 512, "timeout_seconds": 20, "queue_retention_hours": 1}},
    {"analyses": {"memory_mb": 10_240, "ephemeral_storage_mb": 10_240, "timeout_seconds": 900}},
    {"analyses": {"queue_retention_hours": 312, "result_days": 3650, "link_seconds": 43_200}},
    {"analyses": {"maximum_retry_attempts": 0, "maximum_event_age_seconds": 60, "request_age_seconds": 60}},
    {"analyses": {"enabled": False, "memory_mb": 128, "function_name": "table-api"}},
    {"analyses": {"on_failure": "arn:aws:sqs:eu-central-1:123456789012:failures"}},
    {"analyses": {"on_success": "arn:aws:events:eu-central-1:123456789012:event-bus/default"}},
    {"analyses": {"on_success": "arn:aws:lambda:eu-central-1:123456789012:function:other:live"}},
    {"analyses": {"on_success": "arn:aws:sns:eu-central-1:123456789012:analyses"}},
    {"analyses": {"input_locations": ["s3://my-data/", "s3://my-data/in/2026=1/"]}},
    {
        "collection": {"network": PRIVATE_NETWORK},
        "analyses": {"file_system": {"access_point_arn": ACCESS_POINT, "folder": "data"}},
    },
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"analyses": {"memory_mb": 511}}, "analyses.memory_mb"),
    ({"analyses": {"memory_mb": 10_241}}, "analyses.memory_mb"),
    ({"analyses": {"ephemeral_storage_mb": 511}}, "analyses.ephemeral_storage_mb"),
    ({"analyses": {"ephemeral_storage_mb": 10_241}}, "analyses.ephemeral_storage_mb"),
    ({"analyses": {"timeout_seconds": 19}}, "analyses.timeout_seconds"),
    ({"analyses": {"timeout_seconds": 901}}, "analyses.timeout_seconds"),
    ({"analyses": {"maximum_retry_attempts": 3}}, "analyses.maximum_retry_attempts"),
    ({"analyses": {"maximum_event_age_seconds": 59}}, "analyses.maximum_event_age_seconds"),
    ({"analyses": {"maximum_event_age_seconds": 21_601}}, "analyses.maximum_event_age_seconds"),
    ({"analyses": {"queue_retention_hours": 313}}, "analyses.queue_retention_hours"),
    ({"analyses": {"reserved_concurrency": 0}}, "analyses.reserved_concurrency"),
    ({"analyses": {"result_days": 0}}, "analyses.result_days"),
    ({"analyses": {"link_seconds": 43_201}}, "analyses.link_seconds"),
    ({"analyses": {"on_failure": "queue"}}, "analyses.on_failure"),
    ({"analyses": {"on_failure": "arn:aws:s3:::bucket"}}, "analyses.on_failure"),
    ({"analyses": {"on_failure": "arn:aws:sqs:eu-central-1:123456789012:failures.fifo"}}, "analyses.on_failure"),
    (
        {"analyses": {"on_success": "arn:aws:lambda:eu-central-1:123456789012:function:scilearn"}},
        "analyses.on_success",
    ),
    ({"analyses": {"input_locations": ["s3://my-data/*"]}}, "analyses.input_locations.0"),
    ({"analyses": {"input_locations": ["my-data/in"]}}, "analyses.input_locations.0"),
    ({"analyses": {"input_locations": ["s3://my-data/a,s3://other/"]}}, "analyses.input_locations.0"),
    ({"analyses": {"function_name": "f" * 58}}, "analyses.function_name"),
    ({"analyses": {"function_name": "table-api"}}, "analyses.function_name"),
    ({"analyses": {"image_digest": "newest"}}, "analyses.image_digest"),
    (
        {
            "collection": {"network": PRIVATE_NETWORK},
            "analyses": {"file_system": {"access_point_arn": ACCESS_POINT}},
        },
        "analyses.file_system.folder",
    ),
    (
        {"collection": {"network": PRIVATE_NETWORK}, "analyses": {"file_system": {"folder": "data"}}},
        "analyses.file_system.access_point_arn",
    ),
    ({"analyses": {"file_system": {"folder": "in/data"}}}, "analyses.file_system.folder"),
]
