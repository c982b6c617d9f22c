"""The id of an item's document, made of the item's key alone."""

import base64
import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import RecordDecodeError

LONGEST_ID_BYTES = 512  # of OpenSearch; one longer id fails the whole bulk request
_HASHED = "%H"
LARGEST_EXPONENT = 130  # of DynamoDB's numbers, either way; a wilder text would be spelled out to gigabytes


def document_id(keys: AttributeMap) -> str:
    """Gives the id of an item's document: injective over its typed key parts, readable when it can be.

    A text key is itself, with `%` and `|` escaped; a number or binary carries a mark of its type and has one spelling
    (5 and 5.0 are one key). Parts stand in the order of their attribute names (a table's names never change) and are
    joined with `|`. Longer than 512 bytes: the SHA-256 of that text. Raises RecordDecodeError for a key that DynamoDB
    doesn't have.
    """
    parts = []
    for name in sorted(keys) if len(keys) > 1 else keys:
        try:
            ((kind, value),) = keys[name].items()
            parts.append(_KEY_PARTS[kind](value))
        except (KeyError, ValueError, AttributeError, TypeError, ArithmeticError):
            raise RecordDecodeError("bad_key", f"Key attribute {name!r} is not a string, number or binary.") from None
    readable = "|".join(parts)
    if readable and len(readable) <= LONGEST_ID_BYTES and readable.isascii():
        return readable  # as nearly all are
    try:
        encoded = readable.encode()
    except UnicodeEncodeError:
        raise RecordDecodeError("bad_key", "A key attribute is not valid Unicode.") from None
    if not readable or len(encoded) > LONGEST_ID_BYTES:
        return _HASHED + hashlib.sha256(encoded).hexdigest()
    return readable


def _text_part(text: str) -> str:
    return text.replace("%", "%25").replace("|", "%7C")


def _number_part(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError("not a text")
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError("not a number of DynamoDB")
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "%N" + ("0" if not number else plain)


def _binary_part(content: str | bytes) -> str:
    # boto3 gives binary as bytes, an event gives base64 text
    data = content if isinstance(content, bytes) else base64.b64decode(content, validate=True)
    return "%B" + base64.b64encode(data).decode()


_KEY_PARTS: dict[str, Callable[[Any], str]] = {"S": _text_part, "N": _number_part, "B": _binary_part}
