"""Configurations at the bounds of the room's sections, and beyond them with the path of what is wrong."""

from __future__ import annotations

from typing import Any


def _consumer(**values: object) -> dict[str, Any]:
    return {"consumers": {"sync_dynamodb_stream": values}}


ALLOWED: list[dict[str, Any]] = [
    _consumer(maximum_record_age_seconds=86_400),
    _consumer(maximum_record_age_seconds=60) | {"alarms": {"iterator_age_seconds": 59}},
    _consumer(maximum_retry_attempts=0),
    _consumer(maximum_retry_attempts=10_000),
    _consumer(batch_size=1),
    _consumer(batch_size=10_000),
    _consumer(batching_window_seconds=0),
    _consumer(batching_window_seconds=300),
    _consumer(parallelization_factor=10),
    _consumer(memory_mb=128),
    _consumer(memory_mb=10_240),
    _consumer(timeout_seconds=900),
    _consumer(trust_seconds=0),
    _consumer(image_digest="sha256:" + "0" * 64),
    {"backfill": {"timeout_seconds": 60, "memory_mb": 128}},
    {"backfill": {"timeout_seconds": 900}},
    {"second_delete": {"timeout_seconds": 1, "memory_mb": 128, "delay_seconds": 60}},
    {"second_delete": {"timeout_seconds": 900, "delay_seconds": 900}},
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    (_consumer(maximum_record_age_seconds=-1), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_record_age_seconds=59), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_record_age_seconds=604_801), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_record_age_seconds=86_401), "consumers.sync_dynamodb_stream.maximum_record_age_seconds"),
    (_consumer(maximum_retry_attempts=-1), "consumers.sync_dynamodb_stream.maximum_retry_attempts"),
    (_consumer(maximum_retry_attempts=10_001), "consumers.sync_dynamodb_stream.maximum_retry_attempts"),
    (_consumer(batch_size=0), "consumers.sync_dynamodb_stream.batch_size"),
    (_consumer(batch_size=10_001), "consumers.sync_dynamodb_stream.batch_size"),
    (_consumer(batching_window_seconds=-1), "consumers.sync_dynamodb_stream.batching_window_seconds"),
    (_consumer(batching_window_seconds=301), "consumers.sync_dynamodb_stream.batching_window_seconds"),
    (_consumer(parallelization_factor=0), "consumers.sync_dynamodb_stream.parallelization_factor"),
    (_consumer(parallelization_factor=11), "consumers.sync_dynamodb_stream.parallelization_factor"),
    (_consumer(memory_mb=127), "consumers.sync_dynamodb_stream.memory_mb"),
    (_consumer(memory_mb=10_241), "consumers.sync_dynamodb_stream.memory_mb"),
    (_consumer(timeout_seconds=901), "consumers.sync_dynamodb_stream.timeout_seconds"),
    (_consumer(timeout_seconds=0), "consumers.sync_dynamodb_stream.timeout_seconds"),
    (_consumer(trust_seconds=-1), "consumers.sync_dynamodb_stream.trust_seconds"),
    (_consumer(trust_seconds=31), "consumers.sync_dynamodb_stream.trust_seconds"),
    (_consumer(failure_destination="sns"), "consumers.sync_dynamodb_stream.failure_destination"),
    (_consumer(image_digest="newest"), "consumers.sync_dynamodb_stream.image_digest"),
    (_consumer(function_name="f" * 59), "consumers.sync_dynamodb_stream.function_name"),
    (_consumer(function_name="has space"), "consumers.sync_dynamodb_stream.function_name"),
    (_consumer(index="Upper"), "consumers.sync_dynamodb_stream.index"),
    (_consumer(index="lab-table-kinesis-stream"), "consumers.sync_kinesis_stream.index"),
    (_consumer(index="lab-table"), "reader_alias"),
    ({"backfill": {"timeout_seconds": 59}}, "backfill.timeout_seconds"),
    ({"backfill": {"timeout_seconds": 901}}, "backfill.timeout_seconds"),
    ({"backfill": {"function_name": "table-api"}}, "backfill.function_name"),
    ({"name_prefix": "p-", "backfill": {"function_name": "f" * 63}}, "backfill.function_name"),
    ({"second_delete": {"delay_seconds": 59}}, "second_delete.delay_seconds"),
    ({"second_delete": {"delay_seconds": 901}}, "second_delete.delay_seconds"),
    ({"second_delete": {"timeout_seconds": 901}}, "second_delete.timeout_seconds"),
    ({"second_delete": {"function_name": "replicate"}}, "second_delete.function_name"),
    ({"name_prefix": "p-", "second_delete": {"function_name": "f" * 63}}, "second_delete.function_name"),
    ({"second_delete": {"image_digest": "sha256:" + "0" * 64}}, "second_delete.image_digest"),
    ({"alarms": {"iterator_age_seconds": 21_600}}, "alarms.iterator_age_seconds"),
    (_consumer(image_digest="0" * 64), "consumers.sync_dynamodb_stream.image_digest"),
    (_consumer(image_digest="sha256:" + "A" * 64), "consumers.sync_dynamodb_stream.image_digest"),
    (_consumer(image_digest="repository@sha256:" + "0" * 64), "consumers.sync_dynamodb_stream.image_digest"),
]
