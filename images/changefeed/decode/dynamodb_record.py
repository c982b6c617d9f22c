"""Decodes a record of DynamoDB Streams as Lambda hands it over.

Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html. The time of a change is given in whole
seconds ("rounded down to the closest second", API reference of StreamRecord), so a version spans a second.
"""

from collections.abc import Mapping
from typing import Any

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, AttributeMap, ChangeRecord, Operation
from changefeed.decode.sequence_number import is_sequence_number
from changefeed.errors import RecordDecodeError

EARLIEST_VERSION = 1_325_376_000_000_000  # 2012, the year DynamoDB began
LATEST_VERSION = 4_102_444_800_000_000  # 2100
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
    return ChangeRecord(
        sequence_number=sequence_number,
        operation=decode_operation(raw.get("eventName")),
        keys=decode_keys(body.get("Keys")),
        image=decode_image(raw.get("eventName"), body.get("NewImage")),
        version=_version(body.get("ApproximateCreationDateTime")),
        version_span=MICROSECONDS_PER_SECOND,
        in_order=True,
        raw=raw,
    )


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


def checked_version(microseconds: int) -> int:
    """Checks that the version is a time at which DynamoDB can have changed an item.

    A time in a wrong unit would lie decades off. Too high, its version would lock the document against every later
    change; above 63 bits it would fail the whole bulk request.
    """
    if not EARLIEST_VERSION <= microseconds < LATEST_VERSION:
        raise RecordDecodeError("bad_time", "ApproximateCreationDateTime is not between the years 2012 and 2100.")
    return microseconds


def _version(seconds: object) -> int:
    """Converts whole seconds to microseconds. Lambda gives a number; a page of AWS shows "1678831218.0"."""
    try:
        return checked_version(int(float(seconds)) * MICROSECONDS_PER_SECOND)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise RecordDecodeError("bad_time", "ApproximateCreationDateTime is missing or not a number.") from None
