"""Runs a search on the index's alias and separates bad input (4xx) from an index that can't answer (503).

Retries are opensearch-py's own; nothing here tries again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError

from lambda_kit.field_names import unescape_name
from lambda_kit.problem import Problem, bad_request
from table_api.item_json import NumberText, answered_number, dump, load_lossless
from table_api.item_query import Field, ItemQuery, fields_of
from table_api.page_size import fitting
from table_api.problem import throttled, unavailable

_REQUEST_TIMEOUT_SECONDS = 8  # above the search's own 5 s, below API Gateway's 29 s even with one retry
# OpenSearch answers 400 for these too, though the request is right: the index is at fault, not the caller.
_STATE_ERRORS = {"index_closed_exception", "cluster_block_exception", "index_not_found_exception"}
# And sometimes 500 for these, though the request asks too much.
_INPUT_ERRORS = {"too_many_clauses", "too_many_nested_clauses", "query_shard_exception", "number_format_exception"}


class LosslessDeserializer:
    """Stands in for opensearch-py's deserializer, which turns every number into a float or an int."""

    def loads(self, text: str, mimetype: str | None = None) -> Any:
        """Reads JSON with `NumberText` numbers, whatever the declared type."""
        from opensearchpy.exceptions import SerializationError

        try:
            return load_lossless(text)
        except ValueError as error:
            raise SerializationError(mimetype, type(error).__name__) from None


def lossless(client: Any) -> Any:
    """Makes the client keep the digits of numbers in its answers."""
    client.transport.deserializer = LosslessDeserializer()
    return client


@dataclass(frozen=True, kw_only=True)
class ItemSearch:
    """The index. `client` gives an opensearch-py client made `lossless` and is called at the first use."""

    alias: str
    client: Callable[[], Any]

    def run(self, query: ItemQuery) -> bytes:
        """Runs the search. Gives JSON `{"total", "items": [{"id", "score", "item"}]}`.

        `"partial": true` is added when shards failed or time ran out. A page ends early when its items are large: the
        next one starts at `from` plus the number of items received.
        """
        answer = self._asked(query)
        hits = answer.get("hits") or {}
        items = fitting([dump(_found(hit)) for hit in hits.get("hits") or []])
        total = hits.get("total") or {}
        head = b'{"total":' + dump(_whole(total.get("value") if isinstance(total, dict) else total))
        partial = answer.get("timed_out") is True or _whole((answer.get("_shards") or {}).get("failed")) > 0
        return head + (b',"partial":true' if partial else b"") + b',"items":[' + b",".join(items) + b"]}"

    def _asked(self, query: ItemQuery) -> dict[str, Any]:
        from opensearchpy.exceptions import OpenSearchException, TransportError

        try:
            client = self.client()
            timeout = {"request_timeout": _REQUEST_TIMEOUT_SECONDS}
            fields: dict[str, Field] = {}
            if query.needs_fields:
                indexes = client.indices.get_mapping(index=self.alias, params=timeout)
                fields = fields_of(index.get("mappings", {}) for index in indexes.values())
            return dict(client.search(index=self.alias, body=query.body(fields), params=timeout))
        except TransportError as error:
            raise _problem_of(error.status_code, _error_types(error.info)) from None
        except (OpenSearchException, BotoCoreError) as error:
            raise _down(type(error).__name__) from None


def _found(hit: dict[str, Any]) -> dict[str, Any]:
    item = _answered(hit.get("_source") or {})
    item_id = item.get("id")
    return {"id": item_id if isinstance(item_id, str) else hit.get("_id"), "score": hit.get("_score"), "item": item}


def _answered(value: Any) -> Any:
    """Converts a document's value to the item's: the attributes' names, and numbers as a read would answer them."""
    if isinstance(value, dict):
        return {unescape_name(name): _answered(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_answered(part) for part in value]
    return answered_number(value.text) if isinstance(value, NumberText) else value


def _whole(number: Any) -> int:
    return int(number.text) if isinstance(number, NumberText) else int(number or 0)


def _error_types(info: Any) -> set[str]:
    """Finds the types of all errors in an OpenSearch error body; never its reasons, which echo values."""
    types: set[str] = set()
    waiting = [info]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            types |= {part["type"]} if isinstance(part.get("type"), str) else set()
            waiting += [value for value in part.values() if isinstance(value, dict | list)]
        elif isinstance(part, list):
            waiting += part
    return types


def _problem_of(status: int | str, types: set[str]) -> Problem:
    cause = f"opensearch:{status}:{','.join(sorted(types)) or '-'}"
    if types & _STATE_ERRORS or status in (401, 403, 404):
        return _down(cause)
    if status == 429:
        return throttled(cause)
    if status in (400, 413) or types & _INPUT_ERRORS:
        problem = bad_request(
            "search_refused",
            "The index can't run this search.",
            "Use fewer words and conditions, and compare each field with values of its own type.",
        )
        problem.cause = cause
        return problem
    return _down(cause)


def _down(cause: str) -> Problem:
    return unavailable("search_unavailable", "The search index is missing or does not answer.", cause)
