"""The analysis function. Its module-level effects are the reading of settings and the making of the service."""

import os
import uuid
from functools import cache
from typing import Any

from lambda_kit.aws_clients import aws_clients
from scilearn.environment import AnalysisEnvironment
from scilearn.inputs import Inputs
from scilearn.limits import Limits
from scilearn.object_input import ObjectInput
from scilearn.plots import png
from scilearn.result_store import ResultStore
from scilearn.search_input import SearchInput
from scilearn.service import AnalysisService
from scilearn.status_table import StatusTable
from scilearn.work import Work

_settings = AnalysisEnvironment.from_env(os.environ)
_limits = Limits(memory_mb=_settings.memory_mb)
_clients = aws_clients(_settings.region)


@cache
def _search() -> SearchInput:
    from lambda_kit.search_client import create_search_client

    assert _settings.search_endpoint is not None
    assert _settings.search_alias is not None
    client = create_search_client(_settings.search_endpoint, _settings.region)
    return SearchInput(client=client, alias=_settings.search_alias, limits=_limits)


_objects = ObjectInput(locations=_settings.input_locations, client=lambda: _clients("s3"), limits=_limits)
_store = ResultStore(bucket=_settings.results_bucket, prefix=_settings.results_prefix, client=lambda: _clients("s3"))
_service = AnalysisService(
    table=StatusTable(table_name=_settings.status_table, client=lambda: _clients("dynamodb")),
    analyse=Work(
        inputs=Inputs(objects=_objects, search=_search if _settings.search_endpoint else None, limits=_limits),
        store=_store,
        png=png,
    ),
    kept_seconds=_settings.kept_seconds,
    maximum_tries=_settings.maximum_tries,
    new_token=lambda: uuid.uuid4().hex,
)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Handles a pipe's batch of one SQS record."""
    seconds_left = context.get_remaining_time_in_millis() / 1000
    return _service.handle(event, invocation_id=context.aws_request_id, seconds_left=seconds_left)
