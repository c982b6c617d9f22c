"""START HERE: the walk of a batch. Decode each record, plan one action a document, write, park, report.

Every record ends in exactly one of three places: written (or superseded by a newer change), parked with its reason,
or reported for retry. Lambda's checkpoint is the lowest reported sequence number and everything after it comes again,
so only rejections before the checkpoint are parked now: the others get their verdict when they come again.

A large batch goes in two parts: while the index takes the first, which is small, the second is made ready and sent
after it (`bulk_pace`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from changefeed.batch_judgement import is_suspicious, rejection_of
from changefeed.batch_part import Decode, Part, Plan, parts_folded_apart, parts_folded_together, read_part
from changefeed.batch_response import PartialBatchResponse, partial_batch_response
from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, ChangeRecord
from changefeed.errors import ParkingError, SecondDeleteError, SuspectedEnvironmentError
from changefeed.garbage import collector_paused
from changefeed.plan.rejection import Rejection
from changefeed.second_delete.again import Delete
from changefeed.write.begun_writes import BegunWrites
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.write_result import Outcome, WriteResult
from lambda_kit.telemetry import count, log

SECONDS_FOR_THE_ANSWER = 0.5


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The steps, bound by a handler. Call it with Lambda's event and context.

    `fold_whole`: all of a batch is decoded and folded before the first write. Without it, two changes of an item in
    different parts of a batch are two writes, in flight together, as if they had come in two batches out of order:
    right where versions can order them, and costly where they can't, because then the item has to be read.
    """

    decode: Decode
    plan: Plan
    write: BulkWriter
    park: Callable[[Rejection], None]
    delete_again: Callable[[Sequence[Delete]], None]
    fold_whole: bool = True

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> PartialBatchResponse:
        """Settle a batch. Raises SuspectedEnvironmentError, with nothing parked, when most of it is rejected."""
        records = event.get("Records")
        if not isinstance(records, list):
            raise SuspectedEnvironmentError("The event has no list of Records: invoke this by an event source mapping.")
        with collector_paused():
            return self._settle(records, lambda: context.get_remaining_time_in_millis() / 1000)

    def _settle(self, records: Sequence[Any], seconds_left: Callable[[], float]) -> PartialBatchResponse:
        changes: list[ChangeRecord] = []
        rejections: list[Rejection] = []
        results: list[WriteResult] = []
        for part, writes in self._begin(records, seconds_left):
            results += self.write.finish(writes, seconds_left)
            changes += part.changes
            rejections += part.rejections

        documents = len(results) + len(rejections)
        by_outcome = _by_outcome(results)
        rejections += map(rejection_of, by_outcome[Outcome.REJECTED])
        if is_suspicious(len(rejections), documents):
            codes = sorted({rejection.code for rejection in rejections})
            raise SuspectedEnvironmentError(f"{len(rejections)} of {len(records)} records rejected: {codes}.")

        failed = [result.action.first_sequence_number for result in by_outcome[Outcome.RETRYABLE]]
        failed += self._delete_again(results, seconds_left)
        parked, failed = self._park(rejections, failed, seconds_left)
        _log_batch(changes, by_outcome, parked, failed)
        return partial_batch_response(failed)

    def _begin(self, records: Sequence[Any], seconds_left: Callable[[], float]) -> list[tuple[Part, BegunWrites]]:
        """Starts the writes of each part; none is waited for before the last part is prepared."""
        divide = parts_folded_together if self.fold_whole else parts_folded_apart
        read = partial(read_part, decode=self.decode, plan=self.plan)
        parts = divide(records, read, self.write.lead)
        return [(part, self.write.begin(part.actions, seconds_left)) for part in parts]

    def _delete_again(self, results: Sequence[WriteResult], seconds_left: Callable[[], float]) -> list[str]:
        """Has every delete looked at again later. Gives the sequence numbers of those that couldn't be queued."""
        deletes = [result for result in results if result.needs_second_look]
        if not deletes:
            return []
        try:
            if seconds_left() < SECONDS_FOR_THE_ANSWER:
                raise SecondDeleteError("The invocation's time is over.")
            self.delete_again([(result.action.document_id, result.action.keys) for result in deletes])
        except SecondDeleteError as error:
            log("second deletes not queued", level="ERROR", error=str(error))
            return [result.action.first_sequence_number for result in deletes]
        return []

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


def _by_outcome(results: Sequence[WriteResult]) -> dict[Outcome, list[WriteResult]]:
    found: dict[Outcome, list[WriteResult]] = {outcome: [] for outcome in Outcome}
    for result in results:
        found[result.outcome].append(result)
    return found


def _log_batch(
    changes: Sequence[ChangeRecord],
    by_outcome: Mapping[Outcome, Sequence[WriteResult]],
    parked: int,
    failed: Sequence[str],
) -> None:
    outcomes: dict[str, Any] = {outcome.value: len(results) for outcome, results in by_outcome.items() if results}
    if unindexed := sum(result.unindexed for result in by_outcome[Outcome.WRITTEN]):
        outcomes["unindexed"] = unindexed
        count("UnindexedDocuments", unindexed)
    if future := sum(result.met_the_future for results in by_outcome.values() for result in results):
        outcomes["versions_in_the_future"] = future
        count("FutureVersions", future)
    newest = max([change.version for change in changes], default=0)
    log(
        "batch settled",
        records=len(changes),
        documents=sum(map(len, by_outcome.values())),
        parked=parked,
        lag_milliseconds=round((time.time() - newest / MICROSECONDS_PER_SECOND) * 1000) if newest else None,
        retry_from=min(failed, key=int, default=None),
        **outcomes,
        retry_reasons=sorted({result.reason or "out_of_time" for result in by_outcome[Outcome.RETRYABLE]}),
    )
