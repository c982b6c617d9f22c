"""Makes an index and the readers' alias before anybody writes: a separate function runs it at deploy.

So the sync roles need no right to create indexes: a write to a missing index fails and is retried, where OpenSearch
would otherwise make one with guessed mappings. An index that exists gets what the definition's settings and mappings
add to it; a mapping that can't be changed in place is an error, because only a rebuild can change it. An alias that an
operator has moved stays where it is.

A serverless collection takes some settings only, and AWS doesn't say of each. `gc_deletes` makes the sync safer and
isn't needed for it, so an index whose definition is refused with it is made without, and the log says so.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from lambda_kit.environment import Variables
from lambda_kit.errors import SettingsError
from lambda_kit.telemetry import log

PROPAGATION_SECONDS = 120
"""A collection's access policy takes up to a minute to act; until then it answers 403."""
RETRY_SECONDS = 3
OPTIONAL_SETTINGS = frozenset({"gc_deletes"})


def create_index(
    client: Any,
    *,
    index: str,
    alias: str | None,
    definition: Mapping[str, Any],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, bool]:
    """Create what is missing. Gives `{"index_created", "alias_created"}`; raises what OpenSearch raises."""
    from opensearchpy.exceptions import AuthorizationException

    deadline = clock() + PROPAGATION_SECONDS
    while True:
        try:
            index_created = not client.indices.exists(index=index) and _create(client, index, definition)
            if not index_created:
                _extend(client, index, definition)
            alias_created = alias is not None and not client.indices.exists_alias(name=alias)
            if alias_created:
                client.indices.put_alias(index=index, name=alias)
            return {"index_created": index_created, "alias_created": alias_created}
        except AuthorizationException:
            if clock() >= deadline:
                raise
            log("access policy does not act yet", level="WARNING", index=index)
            sleep(RETRY_SECONDS)


def _create(client: Any, index: str, definition: Mapping[str, Any]) -> bool:
    """False when somebody else was faster."""
    from opensearchpy.exceptions import RequestError

    try:
        client.indices.create(index=index, body=dict(definition))
    except RequestError as error:
        if error.error == "resource_already_exists_exception":
            return False
        simpler = _without_optional_settings(definition)
        if simpler == definition:
            raise
        created = _create(client, index, simpler)
        log("the index takes no gc_deletes", level="WARNING", index=index, error=error.error)
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


def _without_optional_settings(definition: Mapping[str, Any]) -> dict[str, Any]:
    settings = dict(definition.get("settings", {}))
    kept = {name: value for name, value in settings.get("index", {}).items() if name not in OPTIONAL_SETTINGS}
    return dict(definition) | ({"settings": settings | {"index": kept}} if "index" in settings else {})


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
