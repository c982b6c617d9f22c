"""START HERE: the walk of a batch. Decode each record, plan one action a document, write, park, report.

Every record ends in exactly one of three places: written (or superseded by a newer change), parked with its reason,
or reported for retry. Lambda's checkpoint is the lowest reported sequence number and everything after it comes again,
so only rejections before the checkpoint are parked now: the others get their verdict when they come again.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from changefeed.batch_response import PartialBatchResponse, is_sequence_number, partial_batch_response
from changefeed.bulk_writer import Outcome, WriteResult
from changefeed.change_record import MICROSECONDS_PER_SECOND, ChangeRecord
from changefeed.document_action import DocumentAction, Rejection
from changefeed.errors import ParkingError, RecordDecodeError, SuspectedEnvironmentError
from changefeed.garbage import collector_paused
from changefeed.telemetry import log

SUSPICIOUS_REJECTIONS = 5
"""From this many rejections on, a batch that is rejected by more than half is blamed on the index. Fewer can't tell:
bisecting brings every batch down to where its records are judged one by one."""

SECONDS_FOR_THE_ANSWER = 0.5


class Write(Protocol):
    """Writes actions within a time; one result each."""

    def __call__(
        self, actions: Sequence[DocumentAction], seconds_left: Callable[[], float]
    ) -> Sequence[WriteResult]: ...


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The four steps, bound by a handler. Call it with Lambda's event and context."""

    decode: Callable[[Mapping[str, Any]], ChangeRecord]
    plan: Callable[[Sequence[ChangeRecord]], tuple[Sequence[DocumentAction], Sequence[Rejection]]]
    write: Write
    park: Callable[[Rejection], None]

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> PartialBatchResponse:
        """Settle a batch. Raises SuspectedEnvironmentError, with nothing parked, when most of it is rejected."""
        records = event.get("Records")
        if not isinstance(records, list):
            raise SuspectedEnvironmentError("The event has no list of Records: invoke this by an event source mapping.")
        with collector_paused():
            return self._settle(records, lambda: context.get_remaining_time_in_millis() / 1000)

    def _settle(self, records: Sequence[Any], seconds_left: Callable[[], float]) -> PartialBatchResponse:
        changes, rejections = self._decode(records)
        actions, unplannable = self.plan(changes)
        results = self.write(actions, seconds_left)

        rejections += unplannable
        documents = len(results) + len(rejections)
        rejections += [_rejection(result) for result in results if result.outcome is Outcome.REJECTED]
        if len(rejections) >= SUSPICIOUS_REJECTIONS and len(rejections) * 2 > documents:
            codes = sorted({rejection.code for rejection in rejections})
            raise SuspectedEnvironmentError(f"{len(rejections)} of {len(records)} records rejected: {codes}.")

        failed = [result.action.first_sequence_number for result in results if result.outcome is Outcome.RETRYABLE]
        parked, failed = self._park(rejections, failed, seconds_left)
        _log_batch(changes, results, parked, failed)
        return partial_batch_response(failed)

    def _decode(self, records: Sequence[Any]) -> tuple[list[ChangeRecord], list[Rejection]]:
        changes, rejections = [], []
        for raw in records:
            try:
                if not isinstance(raw, dict):
                    raise RecordDecodeError("not_a_record", "The record is not a JSON object.")
                changes.append(self.decode(raw))
            except RecordDecodeError as error:
                rejections.append(
                    Rejection(code=error.code, message=str(error), raw=raw, sequence_number=_sequence_number(raw))
                )
        return changes, rejections

    def _park(
        self, rejections: Sequence[Rejection], failed: list[str], seconds_left: Callable[[], float]
    ) -> tuple[int, list[str]]:
        """Park what lies before the checkpoint, in order; what can't be parked becomes the checkpoint.

        A rejection that stands for several changes comes again with all of them or not at all: alone, the last could
        be an image that only the others show to be stale. A record without a sequence number can't be reported, so it
        is always parked, maybe more than once.
        """
        rejections = sorted(rejections, key=lambda rejection: rejection.span)
        # From the last to the first, so that one which moves the checkpoint back is seen by those before it.
        for rejection in sorted(rejections, key=lambda rejection: rejection.span[1], reverse=True):
            first, last = rejection.span
            if failed and first < min(map(int, failed)) <= last:
                failed = [*failed, rejection.first_reported]
        checkpoint = min(map(int, failed), default=None)
        parked = 0
        for rejection in rejections:
            if checkpoint is not None and rejection.span[0] >= checkpoint:
                break
            try:
                if parked and seconds_left() < SECONDS_FOR_THE_ANSWER:
                    raise ParkingError("The invocation's time is over.")  # killed now, it would park all of them again
                self.park(rejection)
            except ParkingError as error:
                if not rejection.first_reported:
                    raise  # it can't be reported alone: the whole batch has to come again
                log("parking failed", level="ERROR", error=str(error))
                return parked, [*failed, rejection.first_reported]
            parked += 1
            log("record parked", level="WARNING", reason=rejection.code, sequence_number=rejection.sequence_number)
        return parked, failed


def _sequence_number(raw: object) -> str | None:
    """The sequence number of a record that could not be decoded, if it has one."""
    if not isinstance(raw, Mapping):
        return None
    for part, name in (("dynamodb", "SequenceNumber"), ("kinesis", "sequenceNumber")):
        body = raw.get(part)
        number = body.get(name) if isinstance(body, Mapping) else None
        if is_sequence_number(number):
            return number
    return None


def _rejection(result: WriteResult) -> Rejection:
    record = result.action.record
    return Rejection(
        code=result.reason or "unknown",
        message="OpenSearch or the table refused the item's present state.",
        raw=record.raw,
        sequence_number=record.sequence_number,
        first_sequence_number=result.action.first_sequence_number,
        record=record,
    )


def _log_batch(changes: Sequence[ChangeRecord], results: Sequence[WriteResult], parked: int, failed: list[str]) -> None:
    outcomes: dict[str, Any] = Counter(result.outcome.value for result in results)
    newest = max((change.version for change in changes), default=0)
    log(
        "batch settled",
        records=len(changes),
        documents=len(results),
        parked=parked,
        lag_milliseconds=round((time.time() - newest / MICROSECONDS_PER_SECOND) * 1000) if newest else None,
        retry_from=min(failed, key=int, default=None),
        **outcomes,
        retry_reasons=sorted(
            {result.reason or "out_of_time" for result in results if result.outcome is Outcome.RETRYABLE}
        ),
    )
