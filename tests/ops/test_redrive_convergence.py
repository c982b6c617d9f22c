"""Any mix of letters, in any order, with redrives at any moment: index equals table, and repeating changes nothing."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changefeed.parking import parked_message
from changefeed.pipeline import Pipeline
from changefeed.plan.fold import plan
from changefeed.plan.rejection import Rejection
from tests.fakes import FakeContext, Fault
from tests.ops.redrive_rig import FEEDS, RedriveRig, sequence_text

KEYS = "abcd"


@dataclass(frozen=True, kw_only=True)
class Change:
    """An item changes; its record is delivered, or waits at the places named, or both."""

    key: str
    kind: str
    delivered: bool
    places: frozenset[str]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Lambda gives up a batch of records that happened before, delivered or not."""

    back: int
    count: int
    place: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """A redrive with its faults; it may be stopped at a delete."""

    limit: int | None
    reasons: frozenset[str]
    faults: tuple[str, ...]
    crash: bool
    dry_run: bool


PLACES = ("parked", "large", "message", "object")
STEPS = st.lists(
    st.one_of(
        st.builds(
            Change,
            key=st.sampled_from(KEYS),
            kind=st.sampled_from(["put", "put", "delete", "poison"]),
            delivered=st.booleans(),
            places=st.frozensets(st.sampled_from(PLACES), max_size=2),
            seconds=st.sampled_from([0.0, 0.0, 0.4, 20.0, 100.0, 4_000.0]),
        ),
        st.builds(Batch, back=st.integers(1, 8), count=st.integers(1, 5), place=st.sampled_from(["message", "object"])),
        st.builds(
            Run,
            limit=st.sampled_from([None, None, 1, 3]),
            reasons=st.sampled_from([frozenset[str](), frozenset({"mapper_parsing_exception"})]),
            faults=st.tuples(st.sampled_from(["none", "lost", "unanswered", "throttled"])),
            crash=st.booleans(),
            dry_run=st.booleans(),
        ),
    ),
    min_size=2,
    max_size=14,
)


@dataclass(kw_only=True)
class World:
    """The rig, and a consumer that gets the records that are delivered."""

    rig: RedriveRig

    def take(self, step: Change | Batch | Run) -> None:
        match step:
            case Change():
                self.change(step)
            case Batch():
                last = len(self.rig.stream.records)
                first = max(1, last - step.back + 1)
                if last:
                    self.give_up(first, min(last, first + step.count - 1), step.place)
            case Run():
                self.run(step)

    def change(self, step: Change) -> None:
        rig = self.rig
        rig.clock.now += step.seconds
        attributes = {"poison": {"S": "x"}} if step.kind == "poison" else {}
        n = {"N": str(len(rig.stream.records))}
        number = rig.change(step.key, delete=step.kind == "delete", n=n, **attributes)
        if step.delivered:
            self.deliver(number)
        for place in step.places or (set() if step.delivered else {"parked"}):
            if place in ("parked", "large"):
                rig.park(number, large=place == "large")
            else:
                self.give_up(number, number, place)

    def deliver(self, number: int) -> None:
        rig = self.rig
        pipeline = Pipeline(
            decode=rig.decode, plan=plan, write=rig.writer(), park=self.park, delete_again=lambda _: None
        )
        assert pipeline({"Records": [rig.record(number)]}, FakeContext(clock=rig.clock))["batchItemFailures"] == []

    def park(self, rejection: Rejection) -> None:
        self.rig.sqs.send(parked_message(rejection, index="i", parked_at=datetime.now(UTC)))

    def give_up(self, first: int, last: int, place: str) -> None:
        if place == "message":
            self.rig.fail(first, last)
        else:
            self.rig.store(range(first, last + 1))

    def run(self, step: Run) -> None:
        rig = self.rig
        faults = {"lost": Fault(lost=True), "unanswered": Fault(unanswered=True), "throttled": Fault(status=429)}
        rig.index.faults = deque(faults.get(name) for name in step.faults)
        if step.crash:
            rig.sqs.before_delete = interrupt
        try:
            rig.run(limit=step.limit, reasons=step.reasons, dry_run=step.dry_run)
        except KeyboardInterrupt:
            pass
        finally:
            rig.sqs.before_delete = lambda: None
            rig.index.faults.clear()
        assert rig.sqs.visible == list(rig.sqs.messages)

    def check(self) -> None:
        rig = self.rig
        poison = {key for key, document in rig.documents().items() if "poison" in document}
        for _ in range(3):
            report = rig.run()
            kept = {*rig.sqs.messages, *rig.s3.objects}
            sources = {key: document for key, document in rig.index.sources().items() if key not in poison}
            assert sources == {key: document for key, document in rig.documents().items() if key not in poison}
            assert report.is_clean == (not kept)
            assert poison or not kept, "only poison is kept"
            before = (rig.index.sources(), kept)
            rig.clock.now += 4_000
        assert (rig.index.sources(), {*rig.sqs.messages, *rig.s3.objects}) == before
        for key in poison:
            rig.change(key, n={"N": "-1"})
        assert rig.run().is_clean
        assert (rig.sqs.messages, rig.s3.objects) == ({}, {})
        for key in poison - rig.index.documents.keys():
            raise AssertionError(f"{key} was lost")


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("feed", FEEDS)
@given(steps=STEPS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_mix_of_letters_converges_and_stays(feed: str, steps: list[Any]) -> None:
    world = World(rig=RedriveRig(feed=feed))
    for step in steps:
        world.take(step)
    world.check()


def test_sequence_texts_keep_their_zeros() -> None:
    assert sequence_text(7) == "000000000000000000007"
