"""When differences are looked at again: each only after the settling time, counted from its own last look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.verify.index_walk import Index
from ops.verify.looks import BATCH, MOST_LOOKS, Inspector, Look, Settled, settle
from ops.verify.spill import Candidate
from ops.verify.table_walk import Table
from tests.fakes import FakeClock
from tests.ops.verify_rig import Pair

SETTLE_SECONDS = 15.0


@dataclass(kw_only=True)
class Watched:
    """A looker whose looks take a second; `item` and `version` say what is seen of an id at its nth look.

    `times` has when each look of an id began.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    item: Callable[[str, int], str] = lambda _id, _look: "item"
    version: Callable[[str, int], int] = lambda _id, _look: 1
    times: dict[str, list[float]] = field(default_factory=dict)

    def __call__(self, candidates: Sequence[Candidate]) -> list[Look]:
        began = self.clock.now
        self.clock.now += 1
        return [self._look(identifier, began) for identifier, _ in candidates]

    def _look(self, identifier: str, began: float) -> Look:
        times = self.times.setdefault(identifier, [])
        times.append(began)
        return Look(
            document_id=identifier,
            key="",
            item=self.item(identifier, len(times)),
            document="document",
            version=self.version(identifier, len(times)),
            at=self.clock.now,
        )

    def settle(self, ids: Sequence[str], directory: Path) -> Settled:
        candidates = [Candidate(identifier, "") for identifier in ids]
        return settle(
            candidates, self, directory, settle_seconds=SETTLE_SECONDS, clock=self.clock, sleep=self.clock.sleep
        )


def test_nothing_is_called_a_difference_before_the_settling_time_is_over(tmp_path: Path) -> None:
    """Looks of two batches are looked at again in one: its last look counts."""
    watched = Watched(item=lambda identifier, _: "document" if identifier < "060" else "item")
    settled = watched.settle([f"{number:03}" for number in range(BATCH + 50)], tmp_path)
    assert settled.differing == 90
    again = [times for times in watched.times.values() if len(times) > 1]
    assert len(again) == 90
    assert all(second - (first + 1) >= SETTLE_SECONDS for first, second in again), "from the end of the first look"


def test_what_moves_is_looked_at_five_times_and_then_in_motion(tmp_path: Path) -> None:
    watched = Watched(version=lambda _, look: look)
    settled = watched.settle(["a"], tmp_path)
    assert (settled.differing, settled.counts["in_motion"], len(watched.times["a"])) == (0, 1, MOST_LOOKS)
    assert MOST_LOOKS == 5


def test_a_document_that_was_written_again_with_the_same_content_has_moved(tmp_path: Path) -> None:
    """Its version shows that the feed is at work: what is missing may still be on its way."""
    watched = Watched(version=lambda _, look: min(look, 3))
    assert watched.settle(["a"], tmp_path).counts["stale"] == 1
    assert len(watched.times["a"]) == 4


def test_a_look_is_over_when_the_table_has_answered(tmp_path: Path) -> None:
    """The item may have changed right before: its record has the settling time from then on."""
    pair, clock = Pair(), FakeClock()
    pair.fill(1)

    def throttled(_get: int) -> None:
        clock.now += 40

    pair.table.on_get = throttled
    look = Inspector(Table(pair.table, pair.table.name), Index(pair.index, "lab"), clock=clock)
    before = clock.now
    assert [seen.at for seen in look([Candidate("k0000", "")])] == [before + 40]
