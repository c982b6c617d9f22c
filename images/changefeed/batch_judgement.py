"""Judges what a batch or a page of a backfill was refused: the records' fault, or the index's."""

from changefeed.plan.rejection import Rejection
from changefeed.write.write_result import WriteResult

SUSPICIOUS_REJECTIONS = 5
"""From this many rejections on, a batch that is rejected by more than half is blamed on the index. Fewer prove nothing:
bisecting brings every batch down to where its records are judged one by one."""


def is_suspicious(rejections: int, documents: int) -> bool:
    """True when so many of the documents were rejected that the index must be at fault: then none may be parked."""
    return rejections >= SUSPICIOUS_REJECTIONS and rejections * 2 > documents


def rejection_of(result: WriteResult) -> Rejection:
    """Gives the rejection of a write that was refused."""
    record = result.action.record
    return Rejection(
        code=result.reason or "unknown",
        message="OpenSearch or the table refused the item's present state.",
        raw=record.raw,
        sequence_number=record.sequence_number,
        first_sequence_number=result.action.first_sequence_number,
        record=record,
    )
