"""Runs a search on the index's alias and makes the answer of what it finds.

Retries are opensearch-py's own; nothing here tries again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError

from lambda_kit.field_names import unescape_name
from lambda_kit.index_fields import Field, fields_of
from lambda_kit.unindexed import unindexed_documents, whole_document
from table_api.item_json import NumberText, answered_number, dump, load_lossless
from table_api.item_query import TIMEOUT, ItemQuery
from table_api.page_size import fitting
from table_api.search_problem import down, problem_of

_REQUEST_TIMEOUT_SECONDS = 8  # above the search's own 5 s, below API Gateway's 29 s even with one retry
_NOT_FULLY_SEARCHABLE = {"query": unindexed_documents(), "size": 0, "track_total_hits": True, "timeout": TIMEOUT}


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

        `"partial": true` is added when shards failed or time ran out, and `"not_fully_searchable"` where the index
        has documents with unindexed attributes: how many in all, found or not. A page ends early when its items are
        large: the next one starts at `from` plus the number of items received.
        """
        answer, unindexed = self._asked(query)
        items = fitting([dump(_found(hit)) for hit in (answer.get("hits") or {}).get("hits") or []])
        partial = answer.get("timed_out") is True or _whole((answer.get("_shards") or {}).get("failed")) > 0
        head = b'{"total":' + dump(_total(answer)) + (b',"partial":true' if partial else b"")
        if not_fully := _total(unindexed):
            head += b',"not_fully_searchable":' + dump(not_fully)
        return head + b',"items":[' + b",".join(items) + b"]}"

    def _asked(self, query: ItemQuery) -> Sequence[dict[str, Any]]:
        """Asks for the items, and in the same request for the number of those that the search may not see."""
        from opensearchpy.exceptions import OpenSearchException, TransportError

        try:
            client = self.client()
            timeout = {"request_timeout": _REQUEST_TIMEOUT_SECONDS}
            fields: list[Field] = []
            if query.needs_fields:
                indexes = client.indices.get_mapping(index=self.alias, params=timeout)
                fields = fields_of(index.get("mappings", {}) for index in indexes.values())
            searches = [{}, query.body(fields), {}, _NOT_FULLY_SEARCHABLE]
            answers: list[dict[str, Any]] = client.msearch(index=self.alias, body=searches, params=timeout)["responses"]
        except TransportError as error:
            raise problem_of(error.status_code, error.info) from None
        except (OpenSearchException, BotoCoreError) as error:
            raise down(type(error).__name__) from None
        for answer in answers:
            if "error" in answer:
                raise problem_of(_whole(answer.get("status")), answer["error"])
        return answers


def _found(hit: dict[str, Any]) -> dict[str, Any]:
    item = _answered(whole_document(hit.get("_source") or {}))
    item_id = item.get("id")
    return {"id": item_id if isinstance(item_id, str) else hit.get("_id"), "score": hit.get("_score"), "item": item}


def _answered(value: Any) -> Any:
    """Converts a document's value to the item's: the attributes' names, and numbers as a read would answer them."""
    if isinstance(value, Mapping):
        return {unescape_name(name): _answered(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_answered(part) for part in value]
    return answered_number(value.text) if isinstance(value, NumberText) else value


def _total(answer: Mapping[str, Any]) -> int:
    total = (answer.get("hits") or {}).get("total")
    return _whole(total.get("value") if isinstance(total, dict) else total)


def _whole(number: Any) -> int:
    return int(number.text) if isinstance(number, NumberText) else int(number or 0)
