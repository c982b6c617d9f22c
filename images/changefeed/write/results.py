"""The results of writes so far, and how a write gets one.

Requests add to them while they are built. They know these results only and not the writes that they belong to: with a
reference back, a batch's objects would be a cycle, which stays in memory until Python's collector finds it.
"""

from changefeed.errors import RecordError
from changefeed.write.bulk_answer import ItemVerdict
from changefeed.write.pending_write import PendingWrite
from changefeed.write.write_result import Outcome, WriteResult


class Results(list[WriteResult]):
    """Results in the order in which they are known."""

    def settle(self, write: PendingWrite, verdict: ItemVerdict, now: int) -> bool:
        """Adds the write's result; False when it has none yet and must be tried again."""
        outcome = write.answered(verdict, now)
        if outcome is None:
            return False
        reason = verdict.error_type if outcome is Outcome.REJECTED else None
        self.append(write.result(outcome, reason))
        return True

    def reject(self, write: PendingWrite, error: RecordError) -> None:
        """Adds the result of a write whose item can't be read, or can't be a document."""
        self.append(write.result(Outcome.REJECTED, error.code))
