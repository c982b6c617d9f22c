"""Where each record of an invocation ended: written, parked or reported, exactly one of the three."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from changefeed.decode.change_record import ChangeRecord
from changefeed.errors import RecordError
from changefeed.plan.document_id import document_id
from tests.changefeed.consumer_rig import DECODERS, Rig


@dataclass(kw_only=True)
class Accounting:
    """Checks the answers of a rig's function against what its index took and its queue got."""

    rig: Rig
    poisoned: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)

    def item_changed(self, key: str, is_poison: bool) -> None:
        """Note since when an item is one that the index refuses, or no longer."""
        self.poisoned.setdefault(key, []).append((self.rig.clock.now, is_poison))

    def was_poison(self, key: str, since: float) -> bool:
        """True when the index would have refused the item at some time since."""
        held = self.poisoned.get(key, [])
        return any(
            is_poison and (place + 1 == len(held) or held[place + 1][0] >= since)
            for place, (_, is_poison) in enumerate(held)
        )

    def check_invocation(
        self,
        raw: Sequence[Mapping[str, Any]],
        reported: Sequence[str],
        parked: Sequence[Mapping[str, Any]],
        since: float,
    ) -> None:
        """Add up one invocation that answered."""
        numbers = [sequence_number(record) for record in raw]
        assert len(reported) <= 1
        assert all(int(number) in numbers for number in reported), "what is reported is in the batch"
        checkpoint = int(reported[0]) if reported else 10**200
        away = [int(message["sequence_number"]) for message in parked]
        assert len(set(away)) == len(away), "nothing is parked twice"
        assert all(number < checkpoint for number in away), "what comes again is not parked"
        changes = [self._decode(record) for record in raw]
        for message in parked:
            if message["keys"] is not None:
                assert self.was_poison(document_id(message["keys"]), since), "only what the index refuses is parked"
        for number, change in zip(numbers, changes, strict=True):
            if number >= checkpoint or number in away:
                continue
            assert change is not None, "what can't be decoded is parked once"
            written = self.rig.index.highest.get(document_id(change.keys), 0) >= change.version
            assert written or _was_folded(change, changes, away), (
                "a record before the checkpoint is written, or a later change of its item is not"
            )

    def _decode(self, raw: Mapping[str, Any]) -> ChangeRecord | None:
        try:
            return DECODERS[self.rig.feed](raw)
        except RecordError:
            return None


def sequence_number(raw: Mapping[str, Any]) -> int:
    """Of a record of either feed."""
    return int(raw["dynamodb"]["SequenceNumber"] if "dynamodb" in raw else raw["kinesis"]["sequenceNumber"])


def _was_folded(change: ChangeRecord, changes: Sequence[ChangeRecord | None], parked: list[int]) -> bool:
    """True when a later change of the item was parked in its place; one that comes again brings all of them again."""
    return any(
        other is not None
        and other.keys == change.keys
        and int(other.sequence_number) in parked
        and (
            not other.is_timed
            or (other.version, int(other.sequence_number)) > (change.version, int(change.sequence_number))
        )
        for other in changes
    )
