"""A dead letter: one message or object with parked or given-up records, what it holds, and how its records ended."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from changefeed.decode.change_record import ChangeRecord
from changefeed.errors import RecordError
from changefeed.plan.document_id import document_id
from ops.redrive.stream_range import StreamRange

RANGE_EXPIRED = "stream_range_expired"
NOT_TRIED = "not_tried"
MOST_IDS = 1_000


class Place(StrEnum):
    """Where records wait."""

    PARKED = "parked_record"
    MESSAGE = "failure_message"
    OBJECT = "failure_object"


class End(StrEnum):
    """How a letter ended. LISTED: it was only looked at."""

    LISTED = "listed"
    SETTLED = "settled"
    DROPPED = "dropped"
    EXPIRED = "expired"
    FAILING = "failing"


@dataclass(kw_only=True, eq=False, slots=True)
class DeadLetter:
    """`name` is the message's id or the object's key; `reason` is why its records wait here.

    Records are either in `changes`, untrusted, or in the stream at `stream_range`. `pending` counts those
    known that have no result yet; `is_read` says that all of them are known. `ids` are the documents for the report, at
    most `MOST_IDS`: of a letter that is only listed all of them, else those that failed.
    """

    place: Place
    name: str
    reason: str
    changes: list[ChangeRecord] = field(default_factory=list)
    stream_range: StreamRange | None = None
    failures: Counter[str] = field(default_factory=Counter)
    pending: int = 0
    is_read: bool = False
    ids: list[str] = field(default_factory=list)

    def note_id(self, change: ChangeRecord) -> None:
        """Remembers the change's document for the report."""
        if len(self.ids) < MOST_IDS:
            self.ids.append(change_id(change))

    def end(self, *, drop_expired: bool) -> End:
        """Says how it ended, when all that could be done is done."""
        failures = +self.failures
        if self.pending or not self.is_read:
            failures[NOT_TRIED] += 1
        if failures:
            return End.FAILING
        if self.stream_range is not None and self.stream_range.is_expired:
            return End.DROPPED if drop_expired else End.EXPIRED
        return End.SETTLED

    def new_reasons(self) -> list[str]:
        """Says why it could not be settled, in a fixed order."""
        reasons = set(+self.failures)
        if self.pending or not self.is_read:
            reasons.add(NOT_TRIED)
        if self.stream_range is not None and self.stream_range.is_expired:
            reasons.add(RANGE_EXPIRED)
        return sorted(reasons)


def change_id(change: ChangeRecord) -> str:
    """Makes the document's id for people. A key that can't be an id is shown as the reason why not."""
    try:
        return document_id(change.keys)
    except RecordError as error:
        return f"({error.code})"
