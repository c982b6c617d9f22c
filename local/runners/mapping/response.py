"""Reads a function's answer as AWS does: success, a checkpoint inside the batch, failure, or "it was not invoked"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.runners.invocation import InvokeResult
from local.runners.item_failures import reported_identifiers
from streams.record import StreamRecord


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """Every record is done."""


@dataclass(frozen=True, kw_only=True)
class PartlyFailed:
    """Records before `first_failed` (an index into the batch) are done; it and all after it are retried."""

    first_failed: int


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The whole batch is retried and uses up an attempt."""


@dataclass(frozen=True, kw_only=True)
class NotInvoked:
    """A throttle or a service error before the function ran: retried, and no attempt is used up."""

    throttled: bool


_SEQUENCE_NUMBER = re.compile(r"[0-9]{1,128}")  # Kinesis' own limit; Python refuses to read numbers without one

Outcome = Succeeded | PartlyFailed | Failed | NotInvoked


def read_outcome(result: InvokeResult, batch: Sequence[StreamRecord], *, report_batch_item_failures: bool) -> Outcome:
    """Judges one invocation.

    With several identifiers the lowest sequence number, as an integer, is the checkpoint. An empty or null list or
    response is success; a missing, empty, null, mistyped or unknown identifier fails the whole batch. Sources:
    recordings of AWS for a response that is an empty list,
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html and, for throttles,
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html ("before invocation").
    """
    if result.status_code == 429:
        return NotInvoked(throttled=True)
    if not 200 <= result.status_code < 300:
        return NotInvoked(throttled=False)
    if result.function_error is not None:
        return Failed()
    if not report_batch_item_failures:
        return Succeeded()
    return _read_item_failures(result.payload, batch)


def _read_item_failures(payload: bytes, batch: Sequence[StreamRecord]) -> Outcome:
    identifiers = [] if payload.strip() == b"[]" else reported_identifiers(payload)
    if identifiers is None:
        return Failed()
    index_of = {record.sequence: index for index, record in enumerate(batch)}
    found = [_failed_index(identifier, index_of) for identifier in identifiers]
    known = [index for index in found if index is not None]
    if len(known) < len(found):
        return Failed()
    # Ascending by sequence number within a batch, so the lowest index is the lowest number.
    return PartlyFailed(first_failed=min(known)) if known else Succeeded()


def _failed_index(identifier: object, index_of: dict[int, int]) -> int | None:
    if not isinstance(identifier, str) or not _SEQUENCE_NUMBER.fullmatch(identifier):
        return None
    return index_of.get(int(identifier))
