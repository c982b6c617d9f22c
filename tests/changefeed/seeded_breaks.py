"""Wrong syncs, to prove that the property tests would notice: each replaces one part of a rig."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from changefeed.decode.change_record import ChangeRecord
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.fold import plan
from changefeed.plan.rejection import Rejection
from changefeed.write.bulk_post import SendBulk
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.write_result import Outcome, WriteResult
from tests.changefeed.consumer_rig import DECODERS, Rig

MakeRig = Callable[..., Rig]


def tie_counted_as_done(feed: str, **parts: Any) -> Rig:
    """Takes a version for one moment, so that every conflict is superseded."""

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        return dataclasses.replace(DECODERS[feed](raw), version_span=1)

    return Rig(feed=feed, decode=decode, **parts)


def late_request_with_external_gte(feed: str, **parts: Any) -> Rig:
    """Lets the last of equal versions win, as the shard's order would have it: the rule book's first idea."""

    def wrap(send: SendBulk) -> SendBulk:
        return lambda body, timeout: send(body.replace(b':"external"', b':"external_gte"'), timeout)

    def decode(raw: Mapping[str, Any]) -> ChangeRecord:
        return dataclasses.replace(DECODERS[feed](raw), version_span=1)

    return Rig(feed=feed, wrap_send=wrap, decode=decode, **parts)


def no_reading_of_old_records(feed: str, **parts: Any) -> Rig:
    """Trusts every image for ever."""
    return Rig(feed=feed, **(parts | {"trust_seconds": 1e9}))


def conflict_counted_as_failure(feed: str, **parts: Any) -> Rig:
    """Takes a 409 for a refusal. (For something that passes: then the item is read in the end, and beats it.)"""

    def wrap(send: SendBulk) -> SendBulk:
        def send_bulk(body: bytes, timeout: float) -> tuple[int, bytes]:
            status, answer = send(body, timeout)
            return status, answer.replace(b'"status":409', b'"status":400').replace(b"version_conflict", b"refused")

        return send_bulk

    return Rig(feed=feed, wrap_send=wrap, **parts)


def unfolded_batch(feed: str, **parts: Any) -> Rig:
    """Plans an action for every record."""

    def plan_each(changes: Sequence[ChangeRecord]) -> tuple[list[DocumentAction], list[Rejection]]:
        plans = [plan([change]) for change in changes]
        return [a for actions, _ in plans for a in actions], [r for _, rejections in plans for r in rejections]

    return Rig(feed=feed, plan=plan_each, **parts)


class _TextOrderRig(Rig):
    """Pipeline has no seam for its last step, so this looks at the results and answers in its place."""

    def invoke(self, records: Sequence[Any], *, seconds: float = 60.0) -> list[str]:
        results: list[WriteResult] = []

        class Listening(BulkWriter):
            def finish(self, *arguments: Any) -> list[WriteResult]:
                found = super().finish(*arguments)
                results.extend(found)
                return found

        parts = {field.name: getattr(self.writer, field.name) for field in dataclasses.fields(BulkWriter)}
        self.pipeline = dataclasses.replace(self.pipeline, write=Listening(**parts))
        reported = super().invoke(records, seconds=seconds)
        failed = [result.action.first_sequence_number for result in results if result.outcome is Outcome.RETRYABLE]
        return [min(failed)] if failed else reported


def lowest_sequence_number_as_text(feed: str, **parts: Any) -> Rig:
    """Finds "10" lower than "9"."""
    return _TextOrderRig(feed=feed, **parts)
