"""Makes a document's narrower forms, for what the index's mapping refuses: one of them is always accepted.

One field can't hold a text here and a map there, nor a list of both, nor can an index have fields without end. DynamoDB
has no such limits. What is refused goes below a field that isn't indexed (`lambda_kit.unindexed`): at first the maps
and mixed lists, which are nearly always the reason, then everything but the key, whose type never changes.
"""

import json
from collections.abc import Collection
from enum import IntEnum
from typing import Any

import orjson

from lambda_kit.unindexed import MARK, UNINDEXED


class Form(IntEnum):
    """How much of a document is indexed."""

    WHOLE = 0
    PLAIN_VALUES = 1
    KEY = 2


def narrowed(document: bytes, form: Form, key_fields: Collection[str]) -> bytes:
    """Gives a whole document's text in another form; without a map or list, PLAIN_VALUES is KEY."""
    if form is Form.WHOLE:
        return document
    fields: dict[str, Any] = json.loads(document, parse_int=orjson.Fragment, parse_float=orjson.Fragment)
    refused = {
        name: value
        for name, value in fields.items()
        if name not in key_fields and (form is Form.KEY or not _is_plain(value))
    }
    if not refused:
        return narrowed(document, Form.KEY, key_fields) if form is Form.PLAIN_VALUES else document
    kept = {name: value for name, value in fields.items() if name not in refused}
    return orjson.dumps(kept | {UNINDEXED: refused, MARK: len(refused)})


def _is_plain(value: Any) -> bool:
    """True for a single value, and for a list of single values of one type."""
    if isinstance(value, list):
        return len({type(part) for part in value}) < 2 and not any(isinstance(part, dict | list) for part in value)
    return not isinstance(value, dict)
