"""One document action on its way: what state it would write, with which version, and whether that may be trusted.

Trust: OpenSearch forgets a delete after 60 s (`index.gc_deletes`, in memory only), and Lambda may hand over an old
batch again. So a record's image is written only within the trust window (30 s) of its change: the guard of a delete
that makes it stale was set later and lives longer. An older record's item is read again from the table, and that
state is written, or deleted. A state that was read is never older than its record, and later changes have higher
versions.

Versions: a state read well after its record's version span (a second, on the Streams path) holds every change up to
then. It claims the time of its reading, less a margin for the clocks, so it beats whatever was sent before for the same
record, in a request that may still be on its way, and every later change beats it. Read earlier, it gets the version
after the one in the index, or the span's last. A change without a time is never surely over: its state claims the time
of its reading too, and where the index holds a higher version, the version after that one, as a repair does.

The future: no change can have a version above this moment, so one in the index is a broken clock's, or another
writer's. It makes nothing newer: such a conflict is settled by reading too, under the version after the one in the
index, and counted.

Forms: a document that the index refuses is sent again in a narrower form (`document_form`), under the same version: if
it is a stale one, a newer document makes it a conflict then, which OpenSearch sees only after the form.
"""

from dataclasses import dataclass

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, AttributeMap, Image
from changefeed.plan.document_action import DocumentAction
from changefeed.write.bulk_answer import ItemVerdict, Verdict
from changefeed.write.document_form import Form
from changefeed.write.write_result import Outcome, WriteResult

CLOCK_MARGIN_MICROSECONDS = 5 * MICROSECONDS_PER_SECOND
"""How far this machine's clock and DynamoDB's may be apart."""

STATE_MARGIN_MICROSECONDS = 2 * CLOCK_MARGIN_MICROSECONDS
"""How long before its reading a state's version lies: any later change's is higher, though rounded down to a second."""

READ_TRUST_MICROSECONDS = 30 * MICROSECONDS_PER_SECOND
"""How long a state that was read may be sent, whatever the trust in images is (0: an image is never sent)."""


@dataclass(slots=True)
class PendingWrite:
    """`image` None deletes; `as_of` is when its state was true, in microseconds since the epoch."""

    action: DocumentAction
    image: Image | None
    version: int
    as_of: int
    must_read_item: bool
    from_table: bool = False
    form: Form = Form.WHOLE
    met_the_future: bool = False
    last_error: str | None = None

    @classmethod
    def of(cls, action: DocumentAction) -> "PendingWrite":
        """Gives the write of a record's own image, or of one that a backfill has just read from the table."""
        read_at = action.record.read_at
        return cls(
            action=action,
            image=action.body,
            version=action.version,
            as_of=action.version if read_at is None else read_at,
            must_read_item=action.image_missing,
        )

    @property
    def last_version_of_span(self) -> int:
        """The highest version that this record's span can hold."""
        return self.action.version + self.action.version_span - 1

    def needs_item(self, now: int, trust_microseconds: int) -> bool:
        """True when the item must be read from the table before this is sent. The trust is that in a record's image."""
        if self.from_table or self.action.record.read_at is not None:
            trust_microseconds = READ_TRUST_MICROSECONDS
        # A time in the future is no fresher than one in the past: a clock is wrong, so the table is asked.
        return self.must_read_item or abs(now - self.as_of) >= trust_microseconds

    def take_item(self, image: AttributeMap | None, read_at: int) -> None:
        """Replace the state by what the table holds. `read_at` is the time before the read, in microseconds."""
        self.image = image
        self.as_of = read_at
        self.must_read_item = False
        self.from_table = True
        if read_at > self.last_version_of_span + CLOCK_MARGIN_MICROSECONDS:
            self.version = max(self.version, self.last_version_of_span, read_at - STATE_MARGIN_MICROSECONDS)
        elif not self.action.record.is_timed:
            self.version = max(self.version, read_at - STATE_MARGIN_MICROSECONDS)

    def answered(self, answer: ItemVerdict, now: int) -> Outcome | None:
        """Takes the index's verdict. Gives the outcome; None: the write is prepared for its next attempt.

        A conflict inside the record's span is settled by reading the item, which then gets the version after the one
        in the index. A refused document is narrowed; what is refused in every form is tried once with the table's
        present state, and then can't succeed.
        """
        self.last_error = answer.error_type
        if answer.verdict is Verdict.DONE:
            return Outcome.WRITTEN
        if answer.verdict is Verdict.CONFLICT and self._is_superseded(answer.current_version, now):
            return Outcome.SUPERSEDED
        if answer.verdict is Verdict.REFUSED and self.image is not None and self.form < Form.KEY:
            self.form = Form(self.form + 1)
            return None
        if answer.verdict is Verdict.REFUSED and self.from_table:
            return Outcome.REJECTED
        if answer.verdict is not Verdict.RETRYABLE:
            self.must_read_item = True
        if answer.current_version is not None:
            self.version = answer.current_version + 1
        return None

    def result(self, outcome: Outcome, reason: str | None = None) -> WriteResult:
        """Gives the write's end."""
        return WriteResult(self.action, outcome, reason, self.image is None, self.form > 0, self.met_the_future)

    def _is_superseded(self, current_version: int | None, now: int) -> bool:
        """True when a conflict means that the index holds this state or a newer one."""
        if current_version is not None and current_version > now + CLOCK_MARGIN_MICROSECONDS:
            self.met_the_future = True
            return False
        last = self.last_version_of_span
        return self.version >= last or (current_version is not None and current_version >= last)
