"""Decodes a record of DynamoDB Streams as Lambda hands it over.

Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html. The time of a change is given in whole
seconds, so a version spans a second, unless the record names a finer unit (`change_time`).
"""

from collections.abc import Mapping
from typing import Any

from changefeed.decode.change_record import (
    MICROSECONDS_PER_SECOND,
    AttributeMap,
    ChangeRecord,
    Operation,
    without_image,
)
from changefeed.decode.change_time import version_and_span
from changefeed.decode.sequence_number import is_sequence_number
from changefeed.errors import RecordDecodeError

OTHER_TABLE = "other_table"
_OPERATIONS = {operation.value: operation for operation in Operation}


def decode_dynamodb_record(raw: Mapping[str, Any], *, table_name: str | None = None) -> ChangeRecord:
    """Turn one entry of `event["Records"]` into a change record.

    With `table_name`, a record of another table's stream is refused: its item isn't in this table, so its document
    would be deleted. Raises RecordDecodeError when a part is missing or is not what AWS documents.
    """
    body = raw.get("dynamodb")
    if not isinstance(body, dict):
        raise RecordDecodeError("not_a_dynamodb_record", "The record has no 'dynamodb' part: is this a table's stream?")
    stream_arn = raw.get("eventSourceARN")  # arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
    if table_name is not None and stream_arn is not None and f":table/{table_name}/" not in str(stream_arn):
        raise RecordDecodeError(OTHER_TABLE, f"The record is not of the stream of table {table_name}.")
    sequence_number = body.get("SequenceNumber")
    if not is_sequence_number(sequence_number):
        raise RecordDecodeError("no_sequence_number", "The record has no numeric SequenceNumber.")
    version, version_span = version_and_span(body, MICROSECONDS_PER_SECOND)
    change = ChangeRecord(
        sequence_number=sequence_number,
        operation=decode_operation(raw.get("eventName")),
        keys=decode_keys(body.get("Keys")),
        image=decode_image(raw.get("eventName"), body.get("NewImage")),
        version=version,
        version_span=version_span,
        in_order=True,
        raw=raw,
    )
    return change if change.is_timed else without_image(change)


def decode_operation(event_name: object) -> Operation:
    """Gives INSERT, MODIFY or REMOVE; raises RecordDecodeError for anything else."""
    operation = _OPERATIONS.get(event_name) if isinstance(event_name, str) else None
    if operation is None:
        raise RecordDecodeError("unknown_operation", "eventName is not INSERT, MODIFY or REMOVE.")
    return operation


def decode_keys(keys: object) -> AttributeMap:
    """Gives the item's key as DynamoDB JSON: one or two attributes."""
    if not isinstance(keys, dict) or not 1 <= len(keys) <= 2:
        raise RecordDecodeError("no_keys", "The record has no 'Keys' with one or two attributes.")
    return keys


def decode_image(event_name: object, image: object) -> AttributeMap | None:
    """Gives the new image, or None for a REMOVE and for streams without images."""
    if image is None or event_name == "REMOVE":
        return None
    if not isinstance(image, dict):
        raise RecordDecodeError("bad_image", "NewImage is not an object.")
    return image
