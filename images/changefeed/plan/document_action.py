"""From changes to what we ask of OpenSearch: one action a document, with its id and version.

A document's id is decided here, its text in `attribute_values`.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from changefeed.decode.change_record import AttributeMap, ChangeRecord, Image, Operation
from changefeed.errors import RecordDecodeError, RecordError
from changefeed.value_class import value_class

LONGEST_ID_BYTES = 512  # of OpenSearch; one longer id fails the whole bulk request
_HASHED = "%H"
LARGEST_EXPONENT = 130  # of DynamoDB's numbers, either way; a wilder text would be spelled out to gigabytes


@value_class
class DocumentAction:
    """One write to the index: `body` is the image that becomes the document, None deletes.

    `image_missing` says that the record had no image although the item exists: it has to be read from the table.
    `first_sequence_number` is the lowest among the changes folded into this action: what a partial batch response
    must report. `record` is the change that decided, kept so that it can be parked.
    """

    document_id: str
    keys: AttributeMap
    version: int
    version_span: int
    body: Image | None
    image_missing: bool
    first_sequence_number: str
    record: ChangeRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A record that can't succeed, and why. `code` is stable; `message` holds no item content.

    `first_sequence_number` is the lowest among the changes folded into it, where there were others.
    """

    code: str
    message: str
    raw: Any
    sequence_number: str | None = None
    first_sequence_number: str | None = None
    record: ChangeRecord | None = None

    @property
    def first_reported(self) -> str:
        """The sequence number with which all of its changes come again; "" when it can't be reported."""
        return self.first_sequence_number or self.sequence_number or ""

    @property
    def span(self) -> tuple[int, int]:
        """The sequence numbers of the first and the last of its changes; zeros when it can't be reported."""
        return int(self.first_reported or 0), int(self.sequence_number or 0)


def document_id(keys: AttributeMap) -> str:
    """The id of an item's document: injective over its typed key parts, readable when it can be.

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


def fold(changes: Iterable[ChangeRecord]) -> tuple[dict[str, tuple[ChangeRecord, str]], list[Rejection]]:
    """Keep the change with the highest version of each document, and the first sequence number among its changes.

    Equal versions: the higher sequence number, compared as an integer (as texts, "10" < "9"). Where that doesn't tell
    the later change, the winner loses its image, so that the item is read. Two writes of one document in one bulk
    request could be applied separately and retried in the wrong order; one write can't.
    """
    latest: dict[str, tuple[ChangeRecord, str]] = {}
    rejections = []
    for change in changes:
        try:
            key = document_id(change.keys)
        except RecordError as error:
            rejections.append(reject(change, error))
            continue
        if key not in latest:
            latest[key] = (change, change.sequence_number)
            continue
        winner, first = latest[key]
        first = min(first, change.sequence_number, key=int)
        tie = change.version == winner.version
        if (change.version, int(change.sequence_number)) >= (winner.version, int(winner.sequence_number)):
            winner = change
        if tie and not change.in_order and change.version_span > 1:  # a span of 1: one change that came twice
            winner = replace(winner, image=None, operation=Operation.MODIFY)
        latest[key] = (winner, first)
    return latest, rejections


def plan(changes: Iterable[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
    """Fold the changes. Every change ends in an action or a rejection, or is superseded."""
    latest, rejections = fold(changes)
    actions = [
        DocumentAction(
            document_id=key,
            keys=change.keys,
            version=change.version,
            version_span=change.version_span,
            body=change.image,
            image_missing=change.image is None and change.operation is not Operation.REMOVE,
            first_sequence_number=first_sequence_number,
            record=change,
        )
        for key, (change, first_sequence_number) in latest.items()
    ]
    return actions, rejections


def reject(change: ChangeRecord, error: RecordError) -> Rejection:
    """A rejection of a decoded change."""
    return Rejection(
        code=error.code, message=str(error), raw=change.raw, sequence_number=change.sequence_number, record=change
    )
