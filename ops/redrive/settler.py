"""Settles changes through the handlers' own `plan` and `BulkWriter`, and notes on each letter how its records ended."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from changefeed.decode.change_record import ChangeRecord
from changefeed.errors import SecondDeleteError
from changefeed.plan.document_id import document_id
from changefeed.plan.fold import plan
from changefeed.second_delete.again import Delete
from changefeed.write.write_result import Outcome, Write, WriteResult
from ops.redrive.letter import DeadLetter

SETTLE_SECONDS = 60.0
"""For one batch, retries included: the writer's own limit."""

Owned = tuple[DeadLetter, ChangeRecord]


@dataclass(kw_only=True)
class Settler:
    """A callable for batches of untrusted changes; counts records in `records`: written, superseded, failing."""

    write: Write
    delete_again: Callable[[Sequence[Delete]], None] = lambda _: None
    """Has deletes looked at again, as a consumer has those that it writes."""
    clock: Callable[[], float] = time.monotonic
    settle_seconds: float = SETTLE_SECONDS
    records: Counter[str] = field(default_factory=Counter)

    def __call__(self, owned: Sequence[Owned]) -> str | None:
        """Settles a batch. Returns None, or why not one write of it was answered: then the run should stop.

        A change that was folded into a newer one of the same item ends as that one did: the item was read for both.
        """
        actions, rejections = plan([change for _, change in owned])
        ends_at = self.clock() + self.settle_seconds
        results = self.write(actions, lambda: ends_at - self.clock())
        results = self._said_twice(results)
        by_id = {result.action.document_id: result for result in results}
        refused = {id(rejection.record): rejection.code for rejection in rejections}
        for letter, change in owned:
            code = refused.get(id(change))
            self._note(letter, change, code, None if code else by_id[document_id(change.keys)])
        if results and all(result.outcome is Outcome.RETRYABLE for result in results):
            return ", ".join(sorted({result.reason or "out_of_time" for result in results}))
        return None

    def _said_twice(self, results: Sequence[WriteResult]) -> Sequence[WriteResult]:
        """Queues the second deletes; those that can't be queued have to be redriven again."""
        deletes = [result for result in results if result.needs_second_look]
        if not deletes:
            return results
        try:
            self.delete_again([(result.action.document_id, result.action.keys) for result in deletes])
        except SecondDeleteError:
            return [
                result._replace(outcome=Outcome.RETRYABLE, reason="second_delete_not_queued")
                if result.needs_second_look
                else result
                for result in results
            ]
        return results

    def _note(self, letter: DeadLetter, change: ChangeRecord, code: str | None, result: WriteResult | None) -> None:
        letter.pending -= 1
        if result is not None and result.outcome is Outcome.WRITTEN:
            self.records["written"] += 1
        elif result is not None and result.outcome is Outcome.SUPERSEDED:
            self.records["superseded"] += 1
        else:
            self.records["failing"] += 1
            letter.note_id(change)
            letter.failures[code or (result.reason if result else None) or "out_of_time"] += 1
