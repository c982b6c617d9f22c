"""Finds the key of the item that a document stands for, and writes keys as text for files.

An id is made of its item's key, so the key is read out of the id. A hashed id (over 512 bytes) doesn't hold it: then
the key is taken from the document's attributes, indexed or not. A key is accepted only if it makes the same id again.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import RecordDecodeError
from changefeed.plan.document_id import document_id
from lambda_kit.unindexed import UNINDEXED

HASH_MARK = "%H"


def is_hashed(identifier: str) -> bool:
    """True for an id that doesn't hold its key."""
    return identifier.startswith(HASH_MARK)


def key_of_document(identifier: str, source: Any, key_types: Mapping[str, str]) -> AttributeMap | None:
    """Gives the key, or None when no item of a table with these key attributes (name to S, N or B) can have this id."""
    parts = _parts_of_source(source, key_types) if is_hashed(identifier) else _parts_of_id(identifier, key_types)
    if parts is None:
        return None
    try:
        key = {name: {kind: parts[name]} for name, kind in key_types.items()}
        return key if document_id(key) == identifier else None
    except RecordDecodeError:
        return None


def _parts_of_id(identifier: str, key_types: Mapping[str, str]) -> dict[str, str] | None:
    texts = identifier.split("|")
    if len(texts) != len(key_types):
        return None
    return {
        name: unquote(text) if key_types[name] == "S" else text[2:]  # behind the mark of a number or binary
        for name, text in zip(sorted(key_types), texts, strict=True)
    }


def _parts_of_source(source: Any, key_types: Mapping[str, str]) -> dict[str, str] | None:
    if not isinstance(source, Mapping):
        return None
    unindexed = source.get(UNINDEXED)
    fields = [*source.items(), *(unindexed.items() if isinstance(unindexed, Mapping) else ())]
    values = {unquote(str(field)): value for field, value in fields}
    if not all(isinstance(values.get(name), str) for name in key_types):
        return None
    return {name: str(values[name]) for name in key_types}


def encode_key(key: Mapping[str, Any]) -> str:
    """Writes a key as JSON text; binary as base64."""
    return json.dumps({
        name: {kind: base64.b64encode(part).decode() if isinstance(part, bytes) else part}
        for name, value in key.items()
        for kind, part in value.items()
    })  # fmt: skip


def decode_key(text: str) -> dict[str, Any]:
    """Reads a key as boto3 wants it: binary as bytes."""
    return {
        name: {kind: base64.b64decode(part) if kind == "B" else part}
        for name, value in json.loads(text).items()
        for kind, part in value.items()
    }
