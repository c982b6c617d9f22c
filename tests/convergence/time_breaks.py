"""Syncs that take times wrongly, one rule broken each: a change without one, and a version of the future."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from changefeed.decode.change_record import ChangeRecord
from changefeed.decode.change_time import UNTIMED
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.fold import plan
from changefeed.plan.rejection import Rejection
from changefeed.write.begun_writes import BegunWrites
from changefeed.write.bulk_answer import ItemVerdict
from changefeed.write.bulk_body import Chunk
from changefeed.write.bulk_writer import BulkWriter
from tests.changefeed.consumer_rig import DECODERS, Rig


def untimed_means_long_ago(feed: str, **parts: Any) -> Rig:
    """Takes it for a change of 1970: whatever the index holds is newer."""

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        change = DECODERS[feed](raw)
        return change if change.is_timed else dataclasses.replace(change, version_span=1)

    return Rig(feed=feed, decode=decode, **parts)


def untimed_image_is_trusted(feed: str, **parts: Any) -> Rig:
    """Takes it for a change of the time at which it is seen, and writes its image."""
    clock = parts["clock"]

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        if "ApproximateCreationDateTime" in raw.get("dynamodb", {}):
            return DECODERS[feed](raw)
        return DECODERS[feed]({**raw, "dynamodb": {**raw["dynamodb"], "ApproximateCreationDateTime": int(clock.now)}})

    return Rig(feed=feed, decode=decode, **parts)


def fold_prefers_a_time(feed: str, **parts: Any) -> Rig:
    """Keeps, of a batch, the changes with a time where an item has any."""

    def broken(changes: Sequence[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
        timed = {repr(change.keys) for change in changes if change.is_timed}
        return plan([change for change in changes if change.is_timed or repr(change.keys) not in timed])

    return Rig(feed=feed, plan=broken, **parts)


def folded_untimed_forgets_the_time(feed: str, **parts: Any) -> Rig:
    """Reads the item, and claims less than the changes that were folded in."""

    def broken(changes: Sequence[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
        actions, rejections = plan(changes)
        return [
            action
            if action.record.is_timed
            else dataclasses.replace(action, version=UNTIMED[0], version_span=UNTIMED[1])
            for action in actions
        ], rejections

    return Rig(feed=feed, plan=broken, **parts)


def the_future_counts_as_newer(feed: str, **parts: Any) -> Rig:
    """Takes a version that no change can have yet for a newer change's."""
    clock = parts["clock"]

    class Writer(BulkWriter):
        def _receive(self, begun: BegunWrites, seconds_left: Any) -> tuple[Chunk, list[ItemVerdict]]:
            chunk, verdicts = super()._receive(begun, seconds_left)
            now = int(clock.now * 1_000_000)
            return chunk, [
                dataclasses.replace(verdict, current_version=min(verdict.current_version, now))
                if verdict.current_version
                else verdict
                for verdict in verdicts
            ]

    return Rig(feed=feed, make_writer=Writer, **parts)
