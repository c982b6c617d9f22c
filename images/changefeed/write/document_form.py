"""Makes a document's narrower forms, for what the index's mapping refuses: one of them is always accepted.

One field can't hold a text here and a map there, nor a list of both, nor can an index have fields without end. DynamoDB
has no such limits. What is refused goes below a field that isn't indexed (`lambda_kit.unindexed`): at first the maps
and mixed lists, which are nearly always the reason, then everything but the key, whose type never changes.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Any

import orjson

from changefeed.decode.attribute_values import encode_document, encoded_fields
from changefeed.decode.change_record import AttributeMap
from lambda_kit.unindexed import MARK, UNINDEXED


class Form(IntEnum):
    """How much of a document is indexed."""

    WHOLE = 0
    PLAIN_VALUES = 1
    KEY = 2


def encode_narrowed(image: AttributeMap, form: Form, key_names: Collection[str]) -> bytes:
    """Encodes an item in a form; without a map or mixed list, PLAIN_VALUES is KEY. Raises as `encode_document` does."""
    refused = {
        name: value
        for name, value in image.items()
        if name not in key_names and (form is Form.KEY or not _plain(value))
    }
    if not refused:
        return encode_document(image) if form is Form.KEY else encode_narrowed(image, Form.KEY, key_names)
    kept = encoded_fields({name: value for name, value in image.items() if name not in refused})
    return orjson.dumps(kept | {UNINDEXED: encoded_fields(refused), MARK: len(refused)})


def _plain(value: Mapping[str, Any]) -> bool:
    """True for a single value, and for a list of single values of one type."""
    if "L" in value:
        kinds = {kind for part in value["L"] for kind in part}
        return len(kinds) < 2 and kinds.isdisjoint(("L", "M"))
    return "M" not in value
