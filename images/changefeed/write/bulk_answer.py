"""Reads the answer of a `_bulk` request: one verdict an item, by status and error type, never by the reason's prose.

The one exception is a conflict's "current version [N]", which no other field holds; it is read from the engine's own
last words. Statuses and types were tried on OpenSearch 2.19.1: a closed index answers 400, a flood-stage block 429, a
write block 403, a missing index 404.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from changefeed.errors import BulkRequestError

RETRYABLE_STATUSES = frozenset({401, 403, 408, 409, 429, 500, 502, 503, 504})
GREATEST_VERSION = 2**63 - 1
"""Of OpenSearch; one above it fails the whole request."""
CONFLICT_ERROR = "version_conflict_engine_exception"
ENVIRONMENT_ERRORS = frozenset(
    {
        "index_closed_exception",
        "index_not_found_exception",
        "cluster_block_exception",
        "security_exception",
        "authorization_exception",
        "unavailable_shards_exception",
        "no_shard_available_action_exception",
        "circuit_breaking_exception",
        "rejected_execution_exception",
        "process_cluster_event_timeout_exception",
        "index_create_block_exception",
    }
)
"""Error types that say nothing about the document, whatever their status."""

# Anchored at the end: a reason begins with the document's id, which is a user's text and may hold these words, too.
_CURRENT_VERSION = re.compile(
    r"current version \[(\d{1,19})\] is higher (?:or equal to|than) the one provided \[(\d{1,19})\]\Z"
)
_NO_ERRORS = b'"errors":false'
_DONE_STATUS = b'"status":2'
"""Stands once in each item that is done. No user's text can hold it: inside a text a quote is written as backslash and
quote, so these two quotes are a name's, and an answer's names are the engine's own."""


class Verdict(StrEnum):
    """What the index says of one item of a bulk request."""

    DONE = "done"
    CONFLICT = "conflict"
    RETRYABLE = "retryable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """The verdict of one item. Only a conflict has a `current_version`, and only where the answer names it."""

    verdict: Verdict
    error_type: str | None = None
    current_version: int | None = None

    @property
    def must_wait(self) -> bool:
        """True when the next attempt has to give the index, or the clock, some time."""
        unknown_version = self.verdict is Verdict.CONFLICT and self.current_version is None
        return self.verdict is Verdict.RETRYABLE or unknown_version


DONE = ItemVerdict(Verdict.DONE)


def read_bulk_answer(status: int, body: bytes, *, expected_items: int) -> list[ItemVerdict]:
    """Gives one verdict for each item, in the order of the request; one that failed as a whole gives all the same.

    Raises BulkRequestError for an answer that is cut off or holds another number of items.
    """
    if status == 200:
        return _item_verdicts(body, expected_items)
    error_type = _request_error_type(body)
    refused = status in (400, 413) and not says_nothing_of_the_document(status, error_type)
    return [ItemVerdict(Verdict.REFUSED if refused else Verdict.RETRYABLE, f"{error_type}_{status}")] * expected_items


def says_nothing_of_the_document(status: int, error_type: str | None) -> bool:
    """True when the fault lies with the index, the rights or the moment, so that the same write may succeed later."""
    return status in RETRYABLE_STATUSES or error_type in ENVIRONMENT_ERRORS


def _item_verdicts(body: bytes, expected_items: int) -> list[ItemVerdict]:
    if _is_all_done(body, expected_items):
        return [DONE] * expected_items
    try:
        items = orjson.loads(body)["items"]
        verdicts = [_verdict(*next(iter(item.items()))) for item in items]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, StopIteration):
        raise BulkRequestError("The answer to a bulk request is cut off or not what OpenSearch sends.") from None
    if len(verdicts) != expected_items:
        raise BulkRequestError(f"A bulk request of {expected_items} items was answered with {len(verdicts)}.")
    return verdicts


def _is_all_done(body: bytes, expected_items: int) -> bool:
    """True when a count shows that each item was taken: a tenth of the price of reading them one by one."""
    return _NO_ERRORS in body[:64] and body.rstrip().endswith(b"]}") and body.count(_DONE_STATUS) == expected_items


def _request_error_type(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["error"]["type"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "unknown"


def _verdict(operation: str, item: Mapping[str, Any]) -> ItemVerdict:
    status = item["status"]
    error = item.get("error")
    error_type = str(error.get("type")) if isinstance(error, Mapping) else None
    if 200 <= status < 300 or (status == 404 and operation == "delete" and error is None):
        return DONE
    if error_type == CONFLICT_ERROR:
        return ItemVerdict(Verdict.CONFLICT, error_type, _current_version(error))
    if says_nothing_of_the_document(status, error_type):
        return ItemVerdict(Verdict.RETRYABLE, error_type or f"status_{status}")
    return ItemVerdict(Verdict.REFUSED, error_type or f"status_{status}")


def _current_version(error: object) -> int | None:
    """Reads the version in the index from a conflict's reason; None where the words are not the engine's.

    A version below the one that was provided contradicts the conflict, and above the greatest there is no next one: to
    believe it would lose a change, or send the same request without end.
    """
    found = _CURRENT_VERSION.search(str(error.get("reason"))) if isinstance(error, Mapping) else None
    if found is None:
        return None
    current, provided = int(found[1]), int(found[2])
    return current if provided <= current < GREATEST_VERSION else None
