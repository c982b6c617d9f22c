"""START HERE: one index against its table. Walk both, compare, look at the differences again, repair, look again."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from changefeed.write.bulk_post import SendBulk
from changefeed.write.write_result import Outcome
from ops.verify.future import FutureVersions
from ops.verify.index_walk import Index
from ops.verify.looks import Inspector, Kind, Look, Settled, read_looks, settle
from ops.verify.repair import Repaired, repair
from ops.verify.spill import SIDES, Candidate, Spill
from ops.verify.table_walk import Table
from ops.verify.walks import SAMPLE_PARTS, Progress, sample, walk_both

ShowWalk = Callable[[], contextlib.AbstractContextManager[Progress]]
LISTED_IDS = 1_000
"""How many ids of a kind the report holds; the file holds all."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to verify. `directory` is for the walk's files: if it still holds some, that walk goes on.

    `sample_parts` compares that many of the table's thousand parts instead of everything. `may_repair` is asked with
    the number of differences of each kind; None never repairs. `guard_seconds` is above a repair's margin of 60 s:
    after it, a missing document that was deleted under a young version can be written.
    """

    directory: Path
    segments: int = 4
    sample_parts: int | None = None
    settle_seconds: float = 15.0
    guard_seconds: float = 65.0
    may_repair: Callable[[dict[str, int]], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found. `found` is before a repair, `left` after it (the same where nothing was repaired).

    `future` is what lay in the future when it was walked. `begun_at` is when the walk began that was gone on with, in
    seconds since the epoch; None for one that began now.
    `partly_indexed` is how many documents aren't fully searchable; their contents are whole, so it is no difference.
    """

    items: int
    documents: int
    sample_parts: int | None
    seconds: float
    found: Settled
    left: Settled
    repaired: Repaired | None
    partly_indexed: int
    future: FutureVersions
    begun_at: float | None = None

    @property
    def candidates(self) -> int:
        """How many ids differed when they were walked: each was settled in one way."""
        return self.found.counts.total()

    @property
    def equal(self) -> bool:
        """True when nothing differs any more, nothing is in motion, and a sample held at least one item."""
        compared = self.sample_parts is None or self.items > 0
        return compared and not self.left.differing and not self.left.counts["in_motion"]

    @property
    def ok(self) -> bool:
        """True when nothing differs, and every change to come can be told from what is there."""
        return self.equal and not self.future.count

    def as_json(self) -> dict[str, Any]:
        """Gives it as plain values, for JSON; ids up to `LISTED_IDS` of a kind."""
        return {
            "ok": self.ok,
            "equal": self.equal,
            "items": self.items,
            "documents": self.documents,
            "sample": None if self.sample_parts is None else {"parts": self.sample_parts, "of": SAMPLE_PARTS},
            "resumed_walk_of": None if self.begun_at is None else _time(self.begun_at),
            "seconds": round(self.seconds, 1),
            "looked_at_again": self.candidates,
            "lagging": self.found.counts["lagging"],
            **{kind.value: _ids(self.found, kind) for kind in Kind},
            "in_motion": {
                "count": self.left.counts["in_motion"],
                "ids": [look.document_id for look in islice(read_looks(self.left.in_motion), LISTED_IDS)],
            },
            "versions_in_the_future": self.future.as_json(),
            "not_fully_searchable": self.partly_indexed,
            "repair": None if self.repaired is None else _repair_json(self.repaired, self.found, self.left),
        }


def verify(
    table: Table,
    index: Index,
    send: SendBulk,
    plan: Plan,
    *,
    show: ShowWalk,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Compares and, if asked, repairs. Raises what table and index raise; then the walk's files stay.

    Raises Trouble when one of them was made anew meanwhile: what was read of it then says nothing.
    """
    started = time.monotonic()
    inspector = Inspector(table, index)
    _ = index.identity  # asked for now: it is compared at the end
    with _differing(table, index, plan, show) as (read, differing, begun_at):
        found = settle(differing, inspector, plan.directory / "found", settle_seconds=plan.settle_seconds, say=say)
    repaired: Repaired | None = None
    left = found
    kinds = {kind.value: found.counts[kind] for kind in Kind}
    if found.differing and plan.may_repair is not None and plan.may_repair(kinds):
        repaired = Repaired()
        for attempt in range(2):
            if attempt:
                say(
                    f"{left.counts[Kind.MISSING]:,} missing documents were deleted a moment ago, which the index "
                    f"remembers for a minute: trying again in {plan.guard_seconds:.0f} s"
                )
                time.sleep(plan.guard_seconds)
            repair(
                read_looks(left.differences),
                repaired,
                look=inspector,
                send=send,
                read_items=inspector.read_items,
                table_now=table.now,
            )
            again = (Candidate(look.document_id, look.key) for look in read_looks(left.differences))
            left = settle(
                again, inspector, plan.directory / f"left-{attempt}", settle_seconds=plan.settle_seconds, say=say
            )
            if not (left.counts[Kind.MISSING] and repaired.outcomes[Outcome.SUPERSEDED]):
                break
    table.check_same()
    index.check_same()
    return Report(
        items=read["table"],
        documents=read["index"],
        sample_parts=plan.sample_parts,
        seconds=time.monotonic() - started,
        found=found,
        left=left,
        repaired=repaired,
        partly_indexed=index.count_partly_indexed(),
        future=index.future,
        begun_at=begun_at,
    )


@contextlib.contextmanager
def _differing(
    table: Table, index: Index, plan: Plan, show: ShowWalk
) -> Iterator[tuple[Mapping[str, int], Iterator[Candidate], float | None]]:
    """Gives how much was read of each side, what differs at first sight, and when a walk began that goes on here.

    A sample counts while it is iterated over. A walk's files are removed when all candidates have been looked at.
    """
    if plan.sample_parts is not None:
        read = dict.fromkeys(SIDES, 0)
        with show() as progress:
            yield read, sample(table, index, read, parts=plan.sample_parts, progress=progress), None
        return
    begun_at = time.time()
    spill = Spill(plan.directory / "walk", notes=lambda: {**index.future.as_json(), "begun_at": begun_at})
    try:
        again = spill.open({**table.identity, **index.identity, "segments": plan.segments})
        index.future.restore(spill.noted)
        begun_at = spill.noted.get("begun_at", begun_at)
        with show() as progress:
            walk_both(table, index, spill, segments=plan.segments, progress=progress)
        yield spill.counts, spill.compare(), begun_at if again else None
    except BaseException:
        spill.close()
        raise
    spill.remove()


def write_differences(report: Report, file: Path) -> None:
    """Writes all differences and ids in motion, one JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lines:
        for looks, name in ((report.found.differences, None), (report.left.in_motion, "in_motion")):
            for look in read_looks(looks):
                line = {"id": look.document_id, "kind": name or look.kind.value, "version": look.version}
                lines.write(json.dumps(line) + "\n")


def _ids(settled: Settled, kind: Kind) -> dict[str, Any]:
    looks: Iterator[Look] = (look for look in read_looks(settled.differences) if look.kind is kind)
    return {"count": settled.counts[kind], "ids": [look.document_id for look in islice(looks, LISTED_IDS)]}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="seconds")


def _repair_json(repaired: Repaired, found: Settled, left: Settled) -> dict[str, Any]:
    return {
        "differed": found.differing,
        "equal_now": found.differing - left.differing,
        "outcomes": dict(repaired.outcomes),
        "reasons": dict(repaired.reasons),
        "left": {kind.value: _ids(left, kind) for kind in Kind},
    }
