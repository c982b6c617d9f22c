"""Syncs with one rule broken each, by substituted parts: the campaign must notice every one of them.

Those that break versions, time or folding by other means are in `changefeed/seeded_breaks.py`.
"""

import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from changefeed.batch_part import Part, Plan
from changefeed.decode.change_record import AttributeMap, ChangeRecord, Operation
from changefeed.errors import ItemReadError
from changefeed.pipeline import Pipeline
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.document_id import document_id
from changefeed.plan.fold import plan
from changefeed.plan.rejection import Rejection
from changefeed.write.begun_writes import BegunWrites
from changefeed.write.bulk_answer import DONE, ItemVerdict
from changefeed.write.bulk_body import Chunk
from changefeed.write.bulk_post import SendBulk
from changefeed.write.bulk_writer import BulkWriter, ReadItems
from changefeed.write.document_form import Form
from changefeed.write.pending_write import PendingWrite
from changefeed.write.write_result import Outcome, WriteResult
from tests.changefeed import seeded_breaks
from tests.changefeed.consumer_rig import DECODERS, Rig
from tests.convergence import time_breaks
from tests.convergence.history import Feed
from tests.convergence.world import MakeRig
from tests.fakes import FakeClock


def _replanned(change: Callable[[DocumentAction], DocumentAction]) -> Plan:
    def broken(changes: Sequence[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
        actions, rejections = plan(changes)
        return [change(action) for action in actions], rejections

    return broken


def _reworded(**words: bytes) -> Callable[[SendBulk], SendBulk]:
    """Replaces statuses of items in answers."""

    def wrap(send: SendBulk) -> SendBulk:
        def send_bulk(body: bytes, timeout: float) -> tuple[int, bytes]:
            status, answer = send(body, timeout)
            for old, new in words.items():
                answer = answer.replace(old.encode(), new)
            return status, answer

        return send_bulk

    return wrap


def strict_versions_on_seconds(feed: str, **parts: Any) -> Rig:
    """Whole seconds as versions, and a conflict is taken for "something newer is there"."""

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        change = DECODERS[feed](raw)
        return dataclasses.replace(change, version=change.version // 1_000_000 * 1_000_000, version_span=1)

    return Rig(feed=feed, decode=decode, **parts)


def versions_from_a_counter(feed: str, **parts: Any) -> Rig:
    """Counts what it sees, as Data Prepper's formula would in a function that keeps no state."""
    counter = itertools.count(1_767_000_000_000_000)
    return Rig(feed=feed, plan=_replanned(lambda a: dataclasses.replace(a, version=next(counter))), **parts)


def version_is_now(feed: str, clock: FakeClock, **parts: Any) -> Rig:
    """The time of writing instead of the time of the change."""
    now = _replanned(lambda action: dataclasses.replace(action, version=int(clock.now * 1_000_000), version_span=1))
    return Rig(feed=feed, clock=clock, plan=now, **parts)


def deletes_without_a_guard(feed: str, **parts: Any) -> Rig:
    """Deletes with version 1, which any late write beats, after reading that the document may go."""

    def wrap(send: SendBulk) -> SendBulk:
        def send_bulk(body: bytes, timeout: float) -> tuple[int, bytes]:
            status, answer = send(body, timeout)
            index = parts_index[0].index
            for key, (_, deleted_at) in list(index.guards.items()):
                index.guards[key] = (1, deleted_at)
            return status, answer

        return send_bulk

    parts_index: list[Rig] = []
    rig = Rig(feed=feed, wrap_send=wrap, **parts)
    parts_index.append(rig)
    return rig


def missing_document_of_a_delete_is_a_failure(feed: str, **parts: Any) -> Rig:
    """Calls a delete refused that answers 404. (To retry it does no harm: the second answer is a conflict.)"""
    wrap = _reworded(**{'"result":"not_found","status":404': b'"status":404,"error":{"type":"not_found"}'})

    def with_errors(send: SendBulk) -> SendBulk:
        inner = wrap(send)

        def send_bulk(body: bytes, timeout: float) -> tuple[int, bytes]:
            status, answer = inner(body, timeout)
            return status, answer.replace(b'"errors":false', b'"errors":true') if b"not_found" in answer else answer

        return send_bulk

    return Rig(feed=feed, wrap_send=with_errors, **parts)


def item_verdicts_ignored(feed: str, **parts: Any) -> Rig:
    """HTTP 200 is success, whatever the items say."""

    def wrap(send: SendBulk) -> SendBulk:
        def send_bulk(body: bytes, timeout: float) -> tuple[int, bytes]:
            status, answer = send(body, timeout)
            taken = re.sub(rb'"status":\d+', b'"status":201', answer.replace(b'"errors":true', b'"errors":false'))
            return status, taken if status == 200 else answer

        return send_bulk

    return Rig(feed=feed, wrap_send=wrap, **parts)


def unanswered_requests_count_as_done(feed: str, **parts: Any) -> Rig:
    """A time-out is taken for success, for the request was sent."""

    class Writer(BulkWriter):
        def _receive(self, begun: BegunWrites, seconds_left: Any) -> tuple[Chunk, list[ItemVerdict]]:
            chunk, verdicts = super()._receive(begun, seconds_left)
            unanswered = [verdict.error_type == "BulkRequestError" for verdict in verdicts]
            return chunk, [DONE if silent else verdict for silent, verdict in zip(unanswered, verdicts, strict=True)]

    return Rig(feed=feed, make_writer=Writer, **parts)


def joined_ids(feed: str, **parts: Any) -> Rig:
    """`pk|sk`: two items, one document."""

    def joined(keys: AttributeMap) -> str:
        return "|".join(keys[name]["S"] for name in sorted(keys))

    def wrap(read: ReadItems) -> ReadItems:
        def read_items(keys: Mapping[str, AttributeMap], seconds_left: Any) -> Any:
            found = read({document_id(key): key for key in keys.values()}, seconds_left)
            return {key: found[document_id(value)] for key, value in keys.items()}

        return read_items

    ids = _replanned(lambda action: dataclasses.replace(action, document_id=joined(action.keys)))
    return Rig(feed=feed, plan=ids, wrap_read=wrap, **parts)


def redrive_replays_images(feed: str, **parts: Any) -> Rig:
    """Writes what was parked as it was parked."""
    return Rig(feed=feed, redrive_trusts_images=True, **parts)


def fold_forgets_its_first_number(feed: str, **parts: Any) -> Rig:
    """Reports the winner's own sequence number."""
    forget = _replanned(lambda a: dataclasses.replace(a, first_sequence_number=a.record.sequence_number))
    return Rig(feed=feed, plan=forget, **parts)


def fold_keeps_the_first(feed: str, **parts: Any) -> Rig:
    """Takes the earliest change of a batch for the latest."""

    def broken(changes: Sequence[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
        first: dict[str, ChangeRecord] = {}
        for change in changes:
            first.setdefault(repr(change.keys), change)
        return plan(list(first.values()))

    return Rig(feed=feed, plan=broken, **parts)


def tie_takes_the_last_to_arrive(feed: str, **parts: Any) -> Rig:
    """Believes the order of arrival where the feed has none."""

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        return dataclasses.replace(DECODERS[feed](raw), in_order=True)

    return Rig(feed=feed, decode=decode, **parts)


def backfill_without_a_margin(feed: str, **parts: Any) -> Rig:
    """The page's time as it is."""
    return Rig(feed=feed, backfill_margin_seconds=0.0, **parts)


def trust_longer_than_the_guards(feed: str, **parts: Any) -> Rig:
    """Trusts an image for two minutes."""
    return Rig(feed=feed, **(parts | {"trust_seconds": 120.0}))


def trust_looked_at_once(feed: str, **parts: Any) -> Rig:
    """Decides before the first attempt, not before every one."""

    class Writer(BulkWriter):
        def _needs_item(self, write: PendingWrite, now: int) -> bool:
            if write.last_error is not None and not write.must_read_item:
                return False
            return super()._needs_item(write, now)

    return Rig(feed=feed, make_writer=Writer, **parts)


def failed_read_means_absent(feed: str, **parts: Any) -> Rig:
    """A guess where the table doesn't answer."""

    def wrap(read: ReadItems) -> ReadItems:
        def read_items(keys: Mapping[str, AttributeMap], seconds_left: Any) -> Any:
            try:
                return read(keys, seconds_left)
            except ItemReadError as error:
                return dict.fromkeys(keys) | error.found

        return read_items

    return Rig(feed=feed, wrap_read=wrap, **parts)


def reread_state_gets_the_version_now(feed: str, **parts: Any) -> Rig:
    """A state that was read again is written with the time of the reading."""

    class Writer(BulkWriter):
        def _read_stale_items(
            self, begun: BegunWrites, seconds_left: Any
        ) -> tuple[list[PendingWrite], list[PendingWrite]]:
            stale = [write for write in begun.stale if self._needs_item(write, self._now())]
            ready, again = super()._read_stale_items(begun, seconds_left)
            for write in stale:
                if write.from_table:
                    write.version = self._now()
            return ready, again

    return Rig(feed=feed, make_writer=Writer, **parts)


def state_read_again_keeps_its_version(feed: str, **parts: Any) -> Rig:
    """A state that was read again is written with the last version of its record's span, as what was sent before."""

    class Writer(BulkWriter):
        def _read_stale_items(
            self, begun: BegunWrites, seconds_left: Any
        ) -> tuple[list[PendingWrite], list[PendingWrite]]:
            ready, again = super()._read_stale_items(begun, seconds_left)
            for write in ready:
                write.version = min(write.version, write.last_version_of_span)
            return ready, again

    return Rig(feed=feed, make_writer=Writer, **parts)


def deletes_are_said_once(feed: str, **parts: Any) -> Rig:
    """Relies on the index's memory of deletes."""
    return Rig(feed=feed, wrap_deletes=lambda _: lambda _deletes: None, **parts)


def superseded_deletes_are_said_once(feed: str, **parts: Any) -> Rig:
    """Takes a conflict for a sign that somebody else has deleted, or written."""

    class Hasty(Pipeline):
        def _delete_again(self, results: Sequence[WriteResult], seconds_left: Any) -> list[str]:
            written = [result for result in results if result.outcome is Outcome.WRITTEN]
            return super()._delete_again(written, seconds_left)

    return Rig(feed=feed, make_pipeline=Hasty, **parts)


def lost_second_deletes_are_forgotten(feed: str, **parts: Any) -> Rig:
    """Goes on when the queue doesn't take the second deletes."""

    class Careless(Pipeline):
        def _delete_again(self, results: Sequence[WriteResult], seconds_left: Any) -> list[str]:
            super()._delete_again(results, seconds_left)
            return []

    return Rig(feed=feed, make_pipeline=Careless, **parts)


def second_deletes_read_no_item(feed: str, **parts: Any) -> Rig:
    """Deletes whatever is there when the second delete comes."""

    def wrap(_: ReadItems) -> ReadItems:
        return lambda keys, seconds_left: dict.fromkeys(keys)  # noqa: ARG005 — the protocol's name

    return Rig(feed=feed, wrap_second_read=wrap, **parts)


def refused_by_the_mapping_is_poison(feed: str, **parts: Any) -> Rig:
    """Tries no narrower form."""

    class Writer(BulkWriter):
        def _receive(self, begun: BegunWrites, seconds_left: Any) -> tuple[Chunk, list[ItemVerdict]]:
            chunk, verdicts = super()._receive(begun, seconds_left)
            for write in chunk.writes:
                write.form = Form.KEY
            return chunk, verdicts

    return Rig(feed=feed, make_writer=Writer, **parts)


def refused_means_poison(feed: str, **parts: Any) -> Rig:
    """Parks at the first 400, although a stale document answers it too."""

    class Writer(BulkWriter):
        def _receive(self, begun: BegunWrites, seconds_left: Any) -> tuple[Chunk, list[ItemVerdict]]:
            chunk, verdicts = super()._receive(begun, seconds_left)
            for write in chunk.writes:
                write.from_table = True  # a refused state of the table is rejected at once
                write.form = Form.KEY
            return chunk, verdicts

    return Rig(feed=feed, make_writer=Writer, **parts)


def closed_index_is_poison(feed: str, **parts: Any) -> Rig:
    """Goes by the status alone: every 400 is the document's fault."""
    return Rig(feed=feed, wrap_send=_reworded(index_closed_exception=b"mapper_parsing_exception"), **parts)


def parking_past_the_checkpoint(feed: str, **parts: Any) -> Rig:
    """Parks every rejection at once, those too that come again."""

    class Greedy(Pipeline):
        def _park(self, rejections: Any, failed: list[str], seconds_left: Any) -> tuple[int, list[str]]:
            parked, more = super()._park(rejections, [], seconds_left)
            return parked, failed + more

    return Rig(feed=feed, make_pipeline=Greedy, **parts)


def nothing_is_reported(feed: str, **parts: Any) -> Rig:
    """Answers success always."""

    class Silent(Pipeline):
        def __call__(self, event: Any, context: Any) -> Any:
            super().__call__(event, context)
            return {"batchItemFailures": []}

    return Rig(feed=feed, make_pipeline=Silent, **parts)


def second_part_is_not_waited_for(feed: str, **parts: Any) -> Rig:
    """Sends a batch's second part, and takes that for written."""

    class Hasty(Pipeline):
        def _begin(self, records: Any, seconds_left: Any) -> list[tuple[Part, BegunWrites]]:
            return super()._begin(records, seconds_left)[:1]

    return Rig(feed=feed, make_pipeline=Hasty, **parts)


def rejections_are_dropped(feed: str, **parts: Any) -> Rig:
    """Forgets what the index refuses."""

    class Careless(Pipeline):
        def _park(self, rejections: Any, failed: list[str], seconds_left: Any) -> tuple[int, list[str]]:
            return 0, failed

    return Rig(feed=feed, make_pipeline=Careless, **parts)


def ttl_deletes_are_skipped(feed: str, **parts: Any) -> Rig:
    """Takes only what users did."""

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        change = DECODERS[feed](raw)
        if "userIdentity" in raw:
            return dataclasses.replace(change, image=change.keys, operation=Operation.MODIFY)
        return change

    return Rig(feed=feed, decode=decode, **parts)


def reads_are_not_consistent(feed: str, **parts: Any) -> Rig:
    """Reads a replica that is one reading behind."""

    def wrap(read: ReadItems) -> ReadItems:
        replica: dict[str, Any] = {}

        def read_items(keys: Mapping[str, AttributeMap], seconds_left: Any) -> Any:
            found = read(keys, seconds_left)
            stale = {key: replica.get(key, image) for key, image in found.items()}
            replica.update(found)
            return stale

        return read_items

    return Rig(feed=feed, wrap_read=wrap, **parts)


def index_is_not_versioned(feed: str, **parts: Any) -> Rig:
    """The last write wins."""

    def wrap(send: SendBulk) -> SendBulk:
        counter = itertools.count(1)

        def send_bulk(body: bytes, timeout: float) -> tuple[int, bytes]:
            lines = body.split(b"\n")
            for place, line in enumerate(lines):
                if b'"version_type"' in line:
                    action = json.loads(line)
                    for target in action.values():
                        target["version"] = 2_000_000_000_000_000 + next(counter)
                    lines[place] = json.dumps(action).encode()
            return send(b"\n".join(lines), timeout)

        return send_bulk

    return Rig(feed=feed, wrap_send=wrap, **parts)


STREAM: tuple[Feed, ...] = ("dynamodb_stream",)
KINESIS: tuple[Feed, ...] = ("kinesis_stream",)
MILLISECONDS: tuple[Feed, ...] = ("kinesis_milliseconds",)

BREAKS: tuple[tuple[MakeRig, tuple[Feed, ...]], ...] = (
    (seeded_breaks.tie_counted_as_done, STREAM),
    (seeded_breaks.tie_counted_as_done, MILLISECONDS),
    (seeded_breaks.late_request_with_external_gte, STREAM),
    (seeded_breaks.no_reading_of_old_records, STREAM),
    (seeded_breaks.no_reading_of_old_records, KINESIS),
    (seeded_breaks.conflict_counted_as_failure, STREAM),
    (seeded_breaks.unfolded_batch, STREAM),
    (seeded_breaks.unfolded_batch, KINESIS),
    (seeded_breaks.lowest_sequence_number_as_text, STREAM),
    (strict_versions_on_seconds, STREAM),
    (strict_versions_on_seconds, KINESIS),
    (versions_from_a_counter, STREAM),
    (versions_from_a_counter, KINESIS),
    (version_is_now, STREAM),
    (version_is_now, KINESIS),
    (index_is_not_versioned, STREAM),
    (deletes_without_a_guard, STREAM),
    (missing_document_of_a_delete_is_a_failure, STREAM),
    (item_verdicts_ignored, STREAM),
    (unanswered_requests_count_as_done, STREAM),
    (joined_ids, STREAM),
    (redrive_replays_images, STREAM),
    (redrive_replays_images, KINESIS),
    (fold_forgets_its_first_number, STREAM),
    (fold_keeps_the_first, STREAM),
    (tie_takes_the_last_to_arrive, MILLISECONDS),
    (backfill_without_a_margin, STREAM),
    (backfill_without_a_margin, KINESIS),
    (trust_longer_than_the_guards, STREAM),
    (trust_longer_than_the_guards, KINESIS),
    (trust_looked_at_once, STREAM),
    (failed_read_means_absent, STREAM),
    (reads_are_not_consistent, STREAM),
    (reread_state_gets_the_version_now, STREAM),
    (reread_state_gets_the_version_now, KINESIS),
    (refused_means_poison, STREAM),
    (refused_by_the_mapping_is_poison, STREAM),
    (refused_by_the_mapping_is_poison, KINESIS),
    (state_read_again_keeps_its_version, STREAM),
    (state_read_again_keeps_its_version, KINESIS),
    (deletes_are_said_once, STREAM),
    (deletes_are_said_once, KINESIS),
    (superseded_deletes_are_said_once, KINESIS),
    (lost_second_deletes_are_forgotten, STREAM),
    (second_deletes_read_no_item, STREAM),
    (closed_index_is_poison, STREAM),
    (parking_past_the_checkpoint, STREAM),
    (nothing_is_reported, STREAM),
    (second_part_is_not_waited_for, STREAM),
    (second_part_is_not_waited_for, KINESIS),
    (rejections_are_dropped, STREAM),
    (ttl_deletes_are_skipped, STREAM),
    (time_breaks.untimed_means_long_ago, STREAM),
    (time_breaks.untimed_image_is_trusted, STREAM),
    (time_breaks.fold_prefers_a_time, STREAM),
    (time_breaks.folded_untimed_forgets_the_time, STREAM),
    (time_breaks.the_future_counts_as_newer, STREAM),
    (time_breaks.the_future_counts_as_newer, KINESIS),
)
"""Each break with the feed on which it must be found."""
