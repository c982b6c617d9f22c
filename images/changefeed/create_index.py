"""Makes an index and the readers' alias before anybody writes: a separate function runs it at deploy.

So the sync roles need no right to create indexes: a write to a missing index fails and is retried, where OpenSearch
would otherwise make one with guessed mappings. An index that exists gets what the definition's settings and mappings
add to it; a mapping that can't be changed in place is an error, because only a rebuild can change it. An alias that an
operator has moved stays where it is.

A serverless collection takes some settings only, and AWS doesn't say of each. None is needed: without `gc_deletes` a
deleted item may be back for minutes, without the limits fewer fields are searchable. So an index whose definition is
refused is made without them, one after the other, and the log says so.

A collection acknowledges an index before it is everywhere, and answers 404 or 503 meanwhile; its policies take up to a
minute to act, with 401 or 403 until then (opensearch-js issue 687; airflow pull request 70649: "materializes the index
asynchronously"). So everything but a refusal of the request itself is tried again, and an index counts as made when the
collection has found it.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from lambda_kit.environment import Variables
from lambda_kit.errors import SettingsError
from lambda_kit.telemetry import log

PATIENCE_SECONDS = 120
"""For a collection that isn't ready."""
RETRY_SECONDS = 3


def create_index(
    client: Any,
    *,
    index: str,
    alias: str | None,
    definition: Mapping[str, Any],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, bool]:
    """Create what is missing. Gives `{"index_created", "alias_created"}`; raises what OpenSearch raises in the end."""
    from opensearchpy.exceptions import RequestError, TransportError

    deadline = clock() + PATIENCE_SECONDS
    done = {"index_created": False, "alias_created": False}
    while True:
        try:
            if not client.indices.exists(index=index):
                done["index_created"] |= _create(client, index, definition)
                if not client.indices.exists(index=index):
                    raise _NotThereYetError
            elif not done["index_created"]:
                _extend(client, index, definition)
            if alias is not None and not client.indices.exists_alias(name=alias):
                client.indices.put_alias(index=index, name=alias)
                done["alias_created"] = True
            return done
        except RequestError:
            raise  # the definition is wrong, not the moment
        except (TransportError, _NotThereYetError) as error:
            if clock() >= deadline:
                raise
            log("the collection is not ready", level="WARNING", index=index, error=_word(error))
            sleep(RETRY_SECONDS)


class _NotThereYetError(Exception):
    """The collection has acknowledged the index and doesn't find it."""


def _word(error: Exception) -> str:
    return f"{type(error).__name__} {getattr(error, 'status_code', '')}".strip()


def _create(client: Any, index: str, definition: Mapping[str, Any]) -> bool:
    """False when somebody else was faster."""
    from opensearchpy.exceptions import RequestError

    try:
        client.indices.create(index=index, body=dict(definition))
    except RequestError as error:
        if error.error == "resource_already_exists_exception":
            return False
        left_out, simpler = _with_fewer_settings(definition)
        if not left_out:
            raise
        created = _create(client, index, simpler)
        log("the index is made without a setting", level="WARNING", index=index, setting=left_out, error=error.error)
        return created
    return True


def _extend(client: Any, index: str, definition: Mapping[str, Any]) -> None:
    """Gives an existing index the settings that it takes, and the mappings."""
    from opensearchpy.exceptions import AuthorizationException, RequestError

    if "settings" in definition:
        try:
            client.indices.put_settings(index=index, body=definition["settings"])
        except (AuthorizationException, RequestError) as error:
            log("the index keeps its settings", level="WARNING", index=index, error=error.error)
    if "mappings" in definition:
        client.indices.put_mapping(index=index, body=definition["mappings"])


def _with_fewer_settings(definition: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Gives the name of a setting and the definition without it; "" when there is none any more."""
    settings = dict(definition.get("settings", {}).get("index", {}))
    if not settings:
        return "", dict(definition)
    left_out = next(iter(settings))
    del settings[left_out]
    return left_out, dict(definition) | {"settings": {"index": settings}}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, bool]:
    """Handles Lambda's event: `{"index", "alias" or null, "definition"}`."""
    from lambda_kit.search_client import create_search_client

    missing = [name for name in ("index", "definition") if not event.get(name)]
    if missing:
        raise SettingsError(f"The event lacks {missing}: it must be {{index, alias, definition}}.")
    variables = Variables(os.environ)
    endpoint, region = variables.endpoint("OPENSEARCH_ENDPOINT"), variables.text("AWS_REGION")
    variables.raise_problems()
    client = create_search_client(endpoint, region)
    result = create_index(client, index=event["index"], alias=event.get("alias"), definition=event["definition"])
    log("index is there", index=event["index"], created=result["index_created"])
    return result
