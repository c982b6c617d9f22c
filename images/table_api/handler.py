"""The Lambda function: the one place with module-level effects; clients are made at their first use."""

import functools
import os
from typing import Any

from table_api import clients
from table_api.environment import ApiEnvironment
from table_api.item_search import ItemSearch, lossless
from table_api.item_store import ItemStore
from table_api.routes import TableApi

_environment = ApiEnvironment.from_env(os.environ)


@functools.cache
def _search_client() -> Any:
    from lambda_kit.search_client import create_search_client

    return lossless(create_search_client(_environment.opensearch_endpoint, _environment.region))


_store = ItemStore(table_name=_environment.table_name, client=functools.cache(clients.create_dynamodb_client))
_search = ItemSearch(alias=_environment.opensearch_index, client=_search_client)
_api = TableApi(store=_store, search=_search, log=functools.partial(print, flush=True))


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answers one API Gateway proxy event."""
    return _api.answer(event, str(getattr(context, "aws_request_id", "")))
