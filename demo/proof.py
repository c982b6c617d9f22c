"""Proves equality: compares every item of the table with its document in an index, counts and content.

It shares no conversion code with the sync, so that a mistake there can't hide itself. Numbers are
compared to their last digit. One search page holds all of the demo's documents.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import requests

from local.errors import LocalStackError

MOST_DOCUMENTS = 10_000
"""Of one search page. More items need a walk: that is `ops verify`."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Document count, how many there must be at least, and the ids that differ."""

    documents: int
    least: int
    missing: list[str]
    stale: list[str]
    orphaned: list[str]

    @property
    def equal(self) -> bool:
        """Returns True when nothing differs, and there was enough to compare."""
        return self.documents >= self.least and not (self.missing or self.stale or self.orphaned)


def prove(
    dynamodb: Any, table_name: str, opensearch_url: str, index: str, *, settle_seconds: float, least: int = 0
) -> Comparison:
    """Compares until they are equal or the time is over: a search sees a write only after a refresh.

    `least` is how many items there must be: two empty sides are equal, too, and prove nothing.
    """
    deadline = time.monotonic() + settle_seconds
    while True:
        comparison = compare(read_items(dynamodb, table_name), read_documents(opensearch_url, index), least=least)
        if comparison.equal or time.monotonic() > deadline:
            return comparison
        time.sleep(0.25)


def compare(items: Mapping[str, Any], documents: Mapping[str, Any], *, least: int = 0) -> Comparison:
    """Compares by id; both sides as plain values with Decimal numbers."""
    return Comparison(
        documents=len(documents),
        least=least,
        missing=sorted(items.keys() - documents.keys()),
        stale=sorted(key for key in items.keys() & documents.keys() if items[key] != documents[key]),
        orphaned=sorted(documents.keys() - items.keys()),
    )


def read_items(dynamodb: Any, table_name: str) -> dict[str, Any]:
    """Reads all items by their `id`, consistently."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table_name, ConsistentRead=True)
    items = (item for page in pages for item in page["Items"])
    return {item["id"]["S"]: {name: _plain(value) for name, value in item.items()} for item in items}


def read_documents(opensearch_url: str, index: str) -> dict[str, Any]:
    """Reads all documents by their `_id`.

    Raises OverflowError above one search page, LocalStackError where a shard doesn't answer.
    """
    answer = requests.get(f"{opensearch_url}/{index}/_search?size={MOST_DOCUMENTS}&track_total_hits=true", timeout=30)
    answer.raise_for_status()
    found = json.loads(answer.content, parse_int=Decimal, parse_float=Decimal)
    if found["timed_out"] or found["_shards"]["failed"]:
        raise LocalStackError(f"Shards of {index} did not answer: what they hold can't be compared.")
    hits = found["hits"]
    if hits["total"]["value"] > MOST_DOCUMENTS:
        raise OverflowError(f"{index} has more than {MOST_DOCUMENTS} documents.")
    return {hit["_id"]: _unescaped(whole(hit["_source"])) for hit in hits["hits"]}


def whole(source: Mapping[str, Any]) -> dict[str, Any]:
    """Puts the attributes that the mapping refused, as many as their mark says, among the others."""
    indexed = dict(source)
    unindexed = indexed.pop("%unindexed", {})
    mark = indexed.pop("%unindexed_attributes", 0)
    return indexed | unindexed if mark == len(unindexed) else dict(source)


def _plain(value: Mapping[str, Any]) -> Any:
    """Converts an attribute value to the JSON value that its document should hold."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return Decimal(content)
        case "NULL":
            return None
        case "L":
            return [_plain(item) for item in content]
        case "M":
            return {name: _plain(item) for name, item in content.items()}
        case "SS":
            return sorted(content)
        case "NS":
            return sorted(map(Decimal, content))
        case "S" | "BOOL":
            return content
    raise ValueError(f"The demo's items hold no {kind}.")


def _unescaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {"" if name == "%" else unquote(name): _unescaped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    return value
