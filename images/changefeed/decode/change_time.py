"""Turns a record's time into its version, in microseconds, and the span that one version stands for.

Kinesis records name their unit (absent in old ones: milliseconds). DynamoDB's own stream has whole seconds without a
unit ("rounded down to the closest second", API reference of StreamRecord). Third parties report that it names one, too,
once the table's Kinesis destination sets a precision (aws-lambda-java-libs issue 543, aws-lambda-go issue 478); AWS
documents neither this nor the unit of the time then. So a unit is honoured wherever it stands.

The API's reference makes the stream's time optional, and one was seen without it (aws-lambda-rust-runtime issue 889).
Such a change may have happened at any time, so it has the widest span: its item is read, never its image written.
"""

from collections.abc import Mapping
from typing import Any

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND
from changefeed.errors import RecordDecodeError

EARLIEST_VERSION = 1_325_376_000_000_000  # 2012, the year DynamoDB began
LATEST_VERSION = 4_102_444_800_000_000  # 2100
MICROSECONDS_PER_UNIT = {"MICROSECOND": 1, "MILLISECOND": 1_000}
UNTIMED = (0, LATEST_VERSION)
"""Version and span of a change whose time isn't known."""


def version_and_span(body: Mapping[str, Any], unit_if_absent: int) -> tuple[int, int]:
    """Gives version and span of a record's `dynamodb` part. Raises RecordDecodeError for a time or unit unheard of.

    Lambda gives a stream's time as a number; a page of AWS shows "1678831218.0". A stream's record may have none.
    """
    precision, time = body.get("ApproximateCreationDateTimePrecision"), body.get("ApproximateCreationDateTime")
    if time is None and unit_if_absent == MICROSECONDS_PER_SECOND:
        return UNTIMED
    unit = unit_if_absent if precision is None else MICROSECONDS_PER_UNIT.get(str(precision))
    try:
        number = time if isinstance(time, int) else int(float(time))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise RecordDecodeError("bad_time", "ApproximateCreationDateTime is missing or not a number.") from None
    if unit is None:
        raise RecordDecodeError("bad_time", "ApproximateCreationDateTimePrecision is not a unit that AWS documents.")
    if unit_if_absent == MICROSECONDS_PER_SECOND > unit and number < LATEST_VERSION // MICROSECONDS_PER_SECOND:
        unit = MICROSECONDS_PER_SECOND  # whole seconds all the same: in a finer unit this were January 1970
    return checked_version(number * unit), unit


def checked_version(microseconds: int) -> int:
    """Checks that the version is a time at which DynamoDB can have changed an item.

    A time in a wrong unit would lie decades off. Too high, its version would lock the document against every later
    change; above 63 bits it would fail the whole bulk request.
    """
    if not EARLIEST_VERSION <= microseconds < LATEST_VERSION:
        raise RecordDecodeError("bad_time", "ApproximateCreationDateTime is not between the years 2012 and 2100.")
    return microseconds
