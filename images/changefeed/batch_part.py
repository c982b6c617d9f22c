"""Divides a batch into parts and decodes and plans each: then its writes can begin.

A leading part lets the index begin while the rest is prepared (`bulk_pace` says how large it should be).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from changefeed.decode.change_record import ChangeRecord
from changefeed.decode.sequence_number import is_sequence_number
from changefeed.errors import OtherTableError, RecordDecodeError
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.rejection import Rejection
from changefeed.value_class import value_class
from lambda_kit.telemetry import log

Decode = Callable[[Mapping[str, Any]], ChangeRecord]
Plan = Callable[[Sequence[ChangeRecord]], tuple[Sequence[DocumentAction], Sequence[Rejection]]]


@value_class
class Part:
    """Some of a batch, decoded and planned."""

    changes: Sequence[ChangeRecord]
    actions: Sequence[DocumentAction]
    rejections: Sequence[Rejection]


ReadPart = Callable[[Sequence[Any]], Part]
Lead = Callable[[int], int]
"""How many of so many should go first."""


def parts_folded_together(records: Sequence[Any], read: ReadPart, lead: Lead) -> Iterator[Part]:
    """Reads all records now and divides the documents: none is in two parts."""
    whole = read(records)
    first = lead(len(whole.actions))
    if first >= len(whole.actions):
        return iter([whole])
    leading = Part(changes=whole.changes, actions=whole.actions[:first], rejections=whole.rejections)
    return iter([leading, Part(changes=[], actions=whole.actions[first:], rejections=[])])


def parts_folded_apart(records: Sequence[Any], read: ReadPart, lead: Lead) -> Iterator[Part]:
    """Divides the records and reads each part when it is asked for."""
    first = lead(len(records))
    return map(read, filter(None, (records[:first], records[first:])))


def read_part(records: Sequence[Any], *, decode: Decode, plan: Plan) -> Part:
    """Decodes and plans records, and rejects those that can't be. Leaves none out but another table's.

    Those of a stream that tables share are no fault of the record or the index, and there may be thousands: they are
    neither parked nor judged with the others, only counted in the log.
    """
    changes, rejections, foreign = [], [], 0
    for raw in records:
        try:
            if not isinstance(raw, dict):
                raise RecordDecodeError("not_a_record", "The record is not a JSON object.")
            changes.append(decode(raw))
        except OtherTableError:
            foreign += 1
        except RecordDecodeError as error:
            rejections.append(
                Rejection(code=error.code, message=str(error), raw=raw, sequence_number=_sequence_number(raw))
            )
    if foreign:
        log("records skipped", level="WARNING", reason="other_table", records=foreign)
    actions, unplannable = plan(changes)
    return Part(changes=changes, actions=actions, rejections=[*rejections, *unplannable])


def _sequence_number(raw: object) -> str | None:
    """Gives the sequence number of a record that could not be decoded, if it has one."""
    if not isinstance(raw, Mapping):
        return None
    for part, name in (("dynamodb", "SequenceNumber"), ("kinesis", "sequenceNumber")):
        body = raw.get(part)
        number = body.get(name) if isinstance(body, Mapping) else None
        if is_sequence_number(number):
            return number
    return None
