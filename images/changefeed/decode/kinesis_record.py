"""Decodes a record of a Kinesis stream that is a table's streaming destination.

The data is base64 JSON without DynamoDB's sequence number; its time has the unit that it names (`change_time`).
Kinesis may deliver changes out of order and twice: the version sorts them out. Source: "Change data capture for
Kinesis Data Streams", DynamoDB guide.
"""

import binascii
from collections.abc import Mapping
from typing import Any

import orjson
from pybase64 import b64decode

from changefeed.decode.attribute_values import NamesMet, encode_document, own_text
from changefeed.decode.change_record import AttributeMap, ChangeRecord
from changefeed.decode.change_time import MICROSECONDS_PER_UNIT, version_and_span
from changefeed.decode.dynamodb_record import decode_image, decode_keys, decode_operation
from changefeed.decode.encoded_image import EncodedImage
from changefeed.decode.sequence_number import is_sequence_number
from changefeed.errors import OtherTableError, RecordDecodeError, UnindexableItemError

KPL_MAGIC = b"\xf3\x89\x9a\xc2"


def decode_kinesis_record(raw: Mapping[str, Any], *, table_name: str | None = None) -> ChangeRecord:
    """Turn one entry of `event["Records"]` into a change record.

    With `table_name`, a record of another table raises OtherTableError: written here, it would mix two tables in one
    index. Raises RecordDecodeError when a part is missing or is not what AWS documents.
    """
    envelope = raw.get("kinesis")
    if not isinstance(envelope, dict):
        raise RecordDecodeError("not_a_kinesis_record", "The record has no 'kinesis' part: is this a Kinesis stream?")
    sequence_number = envelope.get("sequenceNumber")
    if not is_sequence_number(sequence_number):
        raise RecordDecodeError("no_sequence_number", "The record has no numeric sequenceNumber.")
    change = _payload(envelope.get("data"))
    body = change.get("dynamodb")
    if not isinstance(body, dict):
        raise RecordDecodeError("not_a_dynamodb_change", "The data has no 'dynamodb' part: not a table's change.")
    source = change.get("tableName")
    if table_name is not None and source not in (table_name, None):
        if isinstance(source, str):
            raise OtherTableError(f"The change is not one of table {table_name}.")
        raise RecordDecodeError("bad_table_name", "tableName is not a text.")
    version, version_span = version_and_span(body, MICROSECONDS_PER_UNIT["MILLISECOND"])
    return ChangeRecord(
        sequence_number=sequence_number,
        operation=decode_operation(change.get("eventName")),
        keys=decode_keys(body.get("Keys")),
        image=_encoded(decode_image(change.get("eventName"), body.get("NewImage"))),
        version=version,
        version_span=version_span,
        in_order=False,
        raw=raw,
    )


def image_in(raw: Mapping[str, Any]) -> AttributeMap:
    """Gives the new image in a record that was decoded before: a document keeps its text alone."""
    image: AttributeMap = _payload(raw["kinesis"]["data"])["dynamodb"]["NewImage"]
    return image


def _encoded(image: AttributeMap | None) -> EncodedImage | None:
    if image is None:
        return None
    met = NamesMet.count
    try:
        document = own_text(encode_document(image))
        return EncodedImage(document, NamesMet.count > met)
    except UnindexableItemError as error:
        return EncodedImage(error)


def _payload(data: object) -> Mapping[str, Any]:
    """Decodes the base64 text as a JSON object."""
    try:
        decoded = b64decode(data, validate=True)  # type: ignore[arg-type]
    except (TypeError, ValueError, binascii.Error):
        raise RecordDecodeError("bad_base64", "kinesis.data is not base64.") from None
    if decoded.startswith(KPL_MAGIC):
        raise RecordDecodeError("kpl_aggregated", "The record is a KPL aggregate; DynamoDB never writes one.")
    try:
        change = orjson.loads(decoded)
    except orjson.JSONDecodeError:
        raise RecordDecodeError("bad_json", "kinesis.data is not JSON.") from None
    if not isinstance(change, dict):
        raise RecordDecodeError("bad_json", "kinesis.data is not a JSON object.")
    return change
