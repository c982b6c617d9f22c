"""Reads what a message or object says: a record that we parked, AWS's record of a batch it gave up, or neither.

AWS's shapes: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html and
.../kinesis-on-failure-destination.html. A queue gets the batch's range only; a bucket gets the whole event as
text under `payload`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from changefeed.decode.change_record import ChangeRecord
from changefeed.decode.dynamodb_record import OTHER_TABLE, decode_dynamodb_record
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.decode.sequence_number import is_sequence_number
from changefeed.errors import OtherTableError, RecordDecodeError
from ops.redrive.letter import DeadLetter, Place
from ops.redrive.stream_range import StreamRange
from ops.redrive.untrusted import change_of_keys, untrusted

BATCH_INFO_NAMES = ("DDBStreamBatchInfo", "KinesisBatchInfo")


@dataclass(frozen=True, kw_only=True)
class LetterReader:
    """A callable for the letters of one table's consumers. Each record shows by its shape which feed it came by."""

    table_name: str

    def __call__(self, name: str, text: str | bytes, *, in_bucket: bool = False) -> DeadLetter | None:
        """Reads a letter. Returns None for what has neither of the two shapes: it isn't ours to touch."""
        try:
            body = json.loads(text)  # not orjson, which refuses half surrogates
        except (ValueError, RecursionError):
            return None
        if not isinstance(body, dict):
            return None
        if body.get("kind") == "parked_record":
            return self._parked(name, body)
        return self._failed_batch(name, body, Place.OBJECT if in_bucket else Place.MESSAGE)

    def add(self, letter: DeadLetter, raw: object) -> ChangeRecord | None:
        """Makes an untrusted change of a letter's record. A failure to decode it is noted on the letter.

        Returns None for a change of another table on a shared stream, too, which leaves nothing to do for this index.
        """
        try:
            if not isinstance(raw, Mapping):
                raise RecordDecodeError("not_a_record", "The record is not a JSON object.")
            return untrusted(self._decode(raw))
        except OtherTableError:
            return None
        except RecordDecodeError as error:
            letter.failures[error.code] += 1
            return None

    def _decode(self, raw: Mapping[str, Any]) -> ChangeRecord:
        if "kinesis" in raw:
            return decode_kinesis_record(raw, table_name=self.table_name)
        return decode_dynamodb_record(raw, table_name=self.table_name)

    def _parked(self, name: str, body: Mapping[str, Any]) -> DeadLetter:
        reason = body.get("reason")
        code = reason.get("code") if isinstance(reason, Mapping) else None
        letter = DeadLetter(place=Place.PARKED, name=name, reason=str(code or "unknown"), is_read=True)
        change = self.add(letter, body["record"]) if body.get("record") is not None else None
        if change is None and body.get("keys") is not None and OTHER_TABLE not in letter.failures:
            try:
                change = change_of_keys(body)
                letter.failures.clear()
            except RecordDecodeError as error:
                letter.failures[error.code] += 1
        if change is not None:
            letter.changes.append(change)
        elif body.get("record") is None and not letter.failures:
            letter.failures["no_keys"] += 1
        return letter

    def _failed_batch(self, name: str, body: Mapping[str, Any], place: Place) -> DeadLetter | None:
        info = next((body[key] for key in BATCH_INFO_NAMES if isinstance(body.get(key), Mapping)), None)
        context = body.get("requestContext")
        if info is None or not isinstance(context, Mapping):
            return None
        letter = DeadLetter(place=place, name=name, reason=str(context.get("condition") or "unknown"))
        if body.get("payload") is None:
            letter.stream_range = _stream_range(info)
            return letter if letter.stream_range is not None else None
        letter.is_read = True
        records = _payload_records(body["payload"])
        if records is None:
            letter.failures["bad_payload"] += 1
        for raw in records or ():
            change = self.add(letter, raw)
            if change is not None:
                letter.changes.append(change)
        return letter


def _stream_range(info: Mapping[str, Any]) -> StreamRange | None:
    arn, shard_id = info.get("streamArn"), info.get("shardId")
    first, last = info.get("startSequenceNumber"), info.get("endSequenceNumber")
    if not (isinstance(arn, str) and isinstance(shard_id, str)):
        return None
    if not (is_sequence_number(first) and is_sequence_number(last)) or int(first) > int(last):
        return None
    return StreamRange(stream_arn=arn, shard_id=shard_id, first_text=first, first=int(first), last=int(last))


def _payload_records(payload: object) -> list[Any] | None:
    try:
        event = json.loads(payload) if isinstance(payload, str) else payload
    except (ValueError, RecursionError):
        return None
    records = event.get("Records") if isinstance(event, Mapping) else None
    return records if isinstance(records, list) else None
