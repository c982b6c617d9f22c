"""From settings to what Analytics takes; and the API's model, as the image's own code has made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi

from infra.analyses.analyses import AnalyticsArgs
from infra.analyses.settings import QUEUE, FileSystemSettings
from infra.kit import SCILEARN, alarm_limits, fed_indexes, function_spec
from infra.parts.image_function import FunctionFileSystem
from infra.search.target import SearchTarget
from infra.settings.rules import STATUS_FUNCTION_SUFFIX
from infra.settings.sections import Settings

_MODEL = Path(__file__).resolve().parents[2] / "images" / SCILEARN / "api_model.json"
# The status function reads an item and signs links: the size of the API's other function, with the gateway's patience.
_STATUS_MEMORY_MB = 512
_STATUS_TIMEOUT_SECONDS = 15


def analytics_args(
    settings: Settings, *, target: SearchTarget, image_uris: Mapping[str, pulumi.Input[str]]
) -> AnalyticsArgs | None:
    """The asynchronous service of this stack, None where it is off."""
    own = settings.analytics
    if not own.enabled:
        return None
    analysis = function_spec(settings, SCILEARN, image_uris[SCILEARN])
    return AnalyticsArgs(
        service_name=SCILEARN,
        analysis=analysis,
        status=replace(
            analysis,
            function_name=f"{analysis.function_name}{STATUS_FUNCTION_SUFFIX}",
            memory_mb=_STATUS_MEMORY_MB,
            timeout_seconds=_STATUS_TIMEOUT_SECONDS,
        ),
        schema=api_model(),
        ephemeral_storage_mb=own.ephemeral_storage_mb,
        reserved_concurrency=own.reserved_concurrency,
        maximum_retry_attempts=own.maximum_retry_attempts,
        maximum_event_age_seconds=own.maximum_event_age_seconds,
        queue_retention_seconds=own.queue_retention_hours * 3600,
        request_age_seconds=own.request_age_seconds,
        on_success=_given(own.on_success),
        on_failure=_given(own.on_failure),
        result_days=own.result_days,
        link_seconds=own.link_seconds,
        input_locations=[_location(text) for text in own.input_locations],
        target=target,
        reader_alias=settings.reader_alias if own.search_input else None,
        readable_indexes=fed_indexes(settings),
        file_system=_file_system(own.file_system),
        protect=settings.protect,
        alarms=alarm_limits(settings),
    )


def api_model() -> dict[str, Any]:
    """What the gateway checks of a request's body; a test in tests/images compares it with the code that made it."""
    model: dict[str, Any] = json.loads(_MODEL.read_text(encoding="utf-8"))
    return model


def _given(destination: str) -> str | None:
    return None if destination == QUEUE else destination


def _location(text: str) -> tuple[str, str]:
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    return bucket, prefix


def _file_system(files: FileSystemSettings) -> FunctionFileSystem | None:
    if files.access_point_arn is None or files.folder is None:
        return None
    return FunctionFileSystem(access_point_arn=files.access_point_arn, mount_path=f"/mnt/{files.folder}")
