"""Encodes DynamoDB JSON as a JSON document, without losing a digit.

Numbers stay the text that DynamoDB gave (boto3's TypeDeserializer raises on legal ones: boto3 issue 2500), sets become
sorted arrays, binary stays base64, the rest is as it is. Names that OpenSearch refuses are escaped (`field_names`).
"""

import base64
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from orjson import Fragment

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import UnindexableItemError
from lambda_kit.field_names import escape_name

NAMES_KEPT = 10_000
_is_json_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch


def encode_document(image: AttributeMap) -> bytes:
    """Encodes the item as the JSON text that `_source` will hold.

    Raises UnindexableItemError for what DynamoDB would never send: an unknown type, a number that is none.
    """
    try:
        return orjson.dumps(_fields(image, _TOP_FIELDS))
    except _NOT_DYNAMODB_JSON as error:
        raise _unindexable(error) from error


def encoded_fields(attributes: AttributeMap) -> dict[str, Any]:
    """Gives attributes as fields at the top of a document, for `orjson.dumps`. Raises as `encode_document` does."""
    try:
        return _fields(attributes, _TOP_FIELDS)
    except _NOT_DYNAMODB_JSON as error:
        raise _unindexable(error) from error


_NOT_DYNAMODB_JSON = (TypeError, ValueError, AttributeError, KeyError, ArithmeticError, RecursionError)


def _unindexable(error: Exception) -> UnindexableItemError:
    return UnindexableItemError("bad_attribute_value", f"The item is not DynamoDB JSON ({type(error).__name__}).")


def own_text(text: bytes) -> bytes:
    """Copies a text to keep: orjson reserves 8 times what it writes, which costs 4 µs of page faults a document."""
    return b"%b" % text


class NamesMet:
    """Counts the attribute names that were new to this process: one more, and the index may have to map a field."""

    count = 0


class _FieldNames(dict[str, str]):
    """Field names by attribute names, kept: a table's items have the same few again and again."""

    def __init__(self, *, top: bool) -> None:
        self._top = top

    def __missing__(self, name: str) -> str:
        NamesMet.count += 1
        field = escape_name(name, top=self._top)
        if len(self) < NAMES_KEPT:  # maps by user, day and such have new names for ever
            self[name] = field
        return field


_TOP_FIELDS = _FieldNames(top=True)
_FIELDS = _FieldNames(top=False)


def _fields(attributes: AttributeMap, fields: _FieldNames) -> dict[str, Any]:
    """Encodes attributes. The hot loop: texts and numbers, nine of ten values, are handled without a call."""
    document = {}
    for name, value in attributes.items():
        (kind,) = value
        content = value[kind]
        if kind == "S":
            if content.__class__ is not str:
                raise TypeError("not a text")
        elif kind == "N":
            # The regular expression costs twice what these three do, and most numbers are plain integers.
            if (content.isdigit() and content[0] > "0" and content.isascii()) or _is_json_number(content):
                content = Fragment(content)
            else:
                content = _number(content)
        elif kind == "M":
            content = _fields(content, _FIELDS)
        else:
            content = _DECODERS[kind](content)
        document[fields[name]] = content
    return document


def _values(content: Any) -> list[Any]:
    values = []
    for value in content:
        (kind,) = value
        values.append(_DECODERS[kind](value[kind]))
    return values


def _number(text: str) -> Fragment:
    if _is_json_number(text):
        return Fragment(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    return Fragment(str(number))


def _binary(content: str | bytes) -> str:
    """Gives base64 text: as Lambda gives it, or made from the bytes that boto3 gives."""
    if isinstance(content, str):
        return content
    if not isinstance(content, bytes):  # bytes(5) would be five zero bytes
        raise TypeError("not binary")
    return base64.b64encode(content).decode()


def _text(content: str) -> str:
    if not isinstance(content, str):
        raise TypeError("not a text")
    return content


def _boolean(content: bool) -> bool:
    if not isinstance(content, bool):
        raise TypeError("not a boolean")
    return content


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "S": _text,
    "N": _number,
    "BOOL": _boolean,
    "NULL": lambda _: None,
    "M": lambda content: _fields(content, _FIELDS),
    "L": _values,
    "B": _binary,
    "SS": sorted,
    "NS": lambda content: [_number(text) for text in sorted(content, key=Decimal)],
    "BS": lambda content: sorted(map(_binary, content)),
}
