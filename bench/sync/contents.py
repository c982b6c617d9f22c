"""Checks what an index holds: count and digest of canonical documents, whichever arm wrote them.

Numbers are compared by value, because some arms send 64.28 as a double; no arm may lose more than that. An arm that
lost data is disqualified, however fast it was.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import requests

from bench.sync.documents import Change
from lambda_kit.unindexed import whole_document

PAGE = 500
GUARD_FIELD = "sync_version"
"""What the scripted upsert needs inside each document; it is no content."""


class Contents(NamedTuple):
    """Count and digest; the digest doesn't depend on the order of documents."""

    documents: int
    digest: str


def expected(changes: Sequence[Change]) -> Contents:
    """Computes what an index must hold after the changes."""
    latest: dict[str, Mapping[str, Any] | None] = {}
    for change in changes:
        latest[change.key["id"]["S"]] = change.image
    return _digest((key, _fields(image)) for key, image in latest.items() if image is not None)


def found(url: str, index: str) -> Contents:
    """Reads what an index holds, page by page in the order of ids."""
    return _digest(_documents(url, index))


def difference(wanted: Contents, held: Contents) -> str | None:
    """Says why an arm is disqualified, or None."""
    if held.documents != wanted.documents:
        return f"{held.documents:,} documents of {wanted.documents:,}"
    return None if held == wanted else "other content than the table's"


def _documents(url: str, index: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    requests.post(f"{url}/{index}/_refresh", timeout=60).raise_for_status()
    query: dict[str, Any] = {"size": PAGE, "sort": [{"id": "asc"}], "track_total_hits": False}
    while True:
        answer = requests.post(f"{url}/{index}/_search", json=query, timeout=60)
        answer.raise_for_status()
        hits = json.loads(answer.text, parse_float=Decimal)["hits"]["hits"]
        yield from ((hit["_id"], whole_document(hit["_source"])) for hit in hits)
        if len(hits) < PAGE:
            return
        query["search_after"] = hits[-1]["sort"]


def _digest(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> Contents:
    count = total = 0
    for key, document in documents:
        fields = {name: _canonical(value) for name, value in document.items() if name != GUARD_FIELD}
        text = json.dumps([key, fields], sort_keys=True).encode()
        total += int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")
        count += 1
    return Contents(count, f"{total % 2**128:032x}")


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _canonical(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_canonical(part) for part in value]
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return f"number {Decimal(value).normalize():E}"
    return value


def _fields(image: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in image.items()}


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return Decimal(content)
        case "NULL":
            return None
        case "M":
            return _fields(content)
        case "L":
            return [_plain(part) for part in content]
        case "SS":
            return sorted(content)
    return content
