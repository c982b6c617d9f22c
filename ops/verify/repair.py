"""Makes differing documents equal to their items, by the sync's writer and strictly external versions.

Which version. The item is read again right before the write, so its state holds every change up to that read. The
write must beat the document's version V, must be beaten by every later change, and may beat older ones. Two numbers
are known: V + 1, and the time of the read by DynamoDB's clock minus a margin (B: of a minute, as a backfill's; the
writer makes it 10 s), which lies below every later change. The highest is taken; a missing document has no V.

* Why not V + 1 alone: a change between V and the read whose record comes late, or again, would revert the repair.
* V + 1 on the Streams path, where a version spans a second: it stays in V's span, or is the first of the next; a
  record of that span conflicts, and the writer settles it by reading the item again.
* V + 1 on the Kinesis path, where the span is a microsecond: it may be a real change's version, whose record then
  counts as done. That is right if that change is older than the read. So a document whose version is within 5 s of
  the read (the clocks' margin) waits until it isn't.
* A missing document may have been deleted under a version above B. Then its write is superseded while OpenSearch
  remembers the delete; `verification` tries again after a minute, when B is above that version.
* A version in the future is a broken clock's: V + 1 puts the content right. `future` lists those.
* Why not `external_gte` at V: it could be applied twice, late, over a state that settled a tie under the same version.

A request that loses against a newer change is superseded, which is right; the ids are looked at again afterwards.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, AttributeMap, ChangeRecord, Operation
from changefeed.errors import RecordError
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.fold import plan
from changefeed.write.bulk_post import SendBulk, posting
from changefeed.write.bulk_writer import BulkWriter, ReadItems
from changefeed.write.pending_write import CLOCK_MARGIN_MICROSECONDS
from changefeed.write.write_result import Outcome
from ops.table_clock import table_clock
from ops.verify.item_key import decode_key
from ops.verify.looks import BATCH, Look, Looker
from ops.verify.spill import Candidate
from ops.verify.walk import batches

BACKFILL_MARGIN_MICROSECONDS = 60 * MICROSECONDS_PER_SECOND
BATCH_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """How many writes ended how, and why some were refused. A document that is tried twice counts twice."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def repair_version(document_version: int | None, read_after: int) -> int:
    """Gives the version of a repair. `read_after` is before the item's read, in microseconds by DynamoDB's clock."""
    backfill = read_after - BACKFILL_MARGIN_MICROSECONDS
    return backfill if document_version is None else max(backfill, document_version + 1)


def repair(
    differences: Iterable[Look],
    repaired: Repaired,
    *,
    look: Looker,
    send: SendBulk,
    read_items: ReadItems,
    table_now: Callable[[], int],
    sleep: Callable[[float], None] = time.sleep,
    stopwatch: Callable[[], float] = time.monotonic,
) -> None:
    """Writes or deletes each, and adds the results up in `repaired`.

    `table_now` is DynamoDB's clock in microseconds. The one retry layer is the writer's.
    """
    writer = BulkWriter(
        post=posting(send),
        read_items=_absent_without_key(read_items),
        clock=table_clock(table_now, stopwatch),
        sleep=sleep,
    )
    for batch in batches(differences, BATCH):
        actions = _actions(batch, look, table_now, sleep)
        deadline = stopwatch() + BATCH_SECONDS
        for result in writer(actions, partial(_seconds_until, deadline, stopwatch)):
            repaired.outcomes[result.outcome.value] += 1
            if result.outcome in (Outcome.REJECTED, Outcome.RETRYABLE):
                repaired.reasons[result.reason or "out_of_time"] += 1


def _actions(
    batch: Sequence[Look], look: Looker, table_now: Callable[[], int], sleep: Callable[[float], None]
) -> list[DocumentAction]:
    """Looks again, waits for young documents, and gives the writes of those that still differ."""
    candidates = [Candidate(seen.document_id, seen.key) for seen in batch]
    looks = [seen for seen in look(candidates) if not seen.equal]
    now = table_now()
    margin = CLOCK_MARGIN_MICROSECONDS
    young = [seen.version for seen in looks if seen.version and now - margin <= seen.version <= now + margin]
    if young:
        sleep((max(young) + 1 + margin - now) / MICROSECONDS_PER_SECOND + 1)
        looks = [seen for seen in look(candidates) if not seen.equal]
        now = table_now()
    return [_action(seen, now) for seen in looks]


def _seconds_until(deadline: float, stopwatch: Callable[[], float]) -> float:
    return deadline - stopwatch()


def _action(look: Look, now: int) -> DocumentAction:
    """Makes the write of an item that is still to be read: the writer reads what comes without an image."""
    record = ChangeRecord(
        sequence_number="0",
        operation=Operation.MODIFY,
        keys=decode_key(look.key) if look.key else {},
        image=None,
        version=repair_version(look.version, now),
        version_span=1,
        in_order=False,
        raw={},
    )
    if look.key:
        ((action,), _) = plan([record])
        return action
    return DocumentAction(
        document_id=look.document_id,
        keys={},
        version=record.version,
        version_span=1,
        body=None,
        image_missing=False,
        first_sequence_number="0",
        record=record,
    )


def _absent_without_key(read_items: ReadItems) -> ReadItems:
    """Answers for ids without a key without asking the table: no item can have them."""

    def read(
        keys: Mapping[str, AttributeMap], seconds_left: Callable[[], float]
    ) -> Mapping[str, AttributeMap | RecordError | None]:
        asked = {identifier: key for identifier, key in keys.items() if key}
        found: dict[str, AttributeMap | RecordError | None] = dict.fromkeys(keys)
        return found | dict(read_items(asked, seconds_left)) if asked else found

    return read
