"""Whatever happens on the way: when all is delivered, the index holds what the table holds."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.changefeed.seeded_breaks import (
    MakeRig,
    conflict_counted_as_failure,
    late_request_with_external_gte,
    no_reading_of_old_records,
    tie_counted_as_done,
)
from tests.fakes import FakeClock, Fault, client_error

FEEDS = ("dynamodb_stream", "kinesis_stream", "kinesis_milliseconds")
LONGEST_LATENESS_SECONDS = 20.0
"""How late a request that timed out may be applied. Trust (30 s) and this must stay below gc_deletes (60 s)."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """An item is put or deleted after some time. In Kinesis its record may stand elsewhere (`slot`), and twice."""

    key: str
    delete: bool
    gap_seconds: float
    slot: int
    twice: bool


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """The next records are handed over, or (`back`) ones that were before. `faults` by name, one a request."""

    count: int
    back: int
    faults: list[str | Change]
    table_fails: bool


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Time passes."""

    seconds: float


@dataclass(frozen=True)
class Land:
    """What timed out is applied now."""


Step = Change | Deliver | Wait | Land
CHANGES = st.builds(
    Change,
    key=st.sampled_from(["a", "a", "b", "c"]),
    delete=st.booleans(),
    gap_seconds=st.sampled_from([0.0, 0.0, 0.3, 1.0]),
    slot=st.integers(0, 3),
    twice=st.booleans(),
)
FAULTS = st.sampled_from(["none", "lost", "unanswered", "late", "late", "throttled", "poor"]) | CHANGES
STEPS = st.lists(
    st.one_of(
        CHANGES,
        st.builds(
            Deliver,
            count=st.integers(1, 4),
            back=st.sampled_from([0, 0, 1, 3, 6]),
            faults=st.lists(FAULTS, max_size=3),
            table_fails=st.booleans(),
        ),
        st.builds(Wait, seconds=st.sampled_from([1.0, 7.0, 40.0, 100.0, 4_000.0])),
        st.just(Land()),
    ),
    min_size=3,
    max_size=20,
)


@dataclass(kw_only=True)
class World:
    """A table, its feed, and the consumer. The feed holds (key, image or None, microseconds)."""

    feed_name: str
    rig: Rig
    feed: list[tuple[str, dict[str, Any] | None, int]] = field(default_factory=list)
    position: int = 0
    handed_over: int = 0
    changes: int = 0
    late_since: float | None = None

    def take(self, step: Step) -> None:
        clock = self.rig.clock
        if self.late_since is not None and clock.now - self.late_since > LONGEST_LATENESS_SECONDS:
            self.land()
        match step:
            case Change():
                self.change(step)
            case Deliver():
                self.deliver(step)
            case Wait():
                if step.seconds > LONGEST_LATENESS_SECONDS:
                    self.land()
                clock.now += step.seconds
            case Land():
                self.land()

    def land(self) -> None:
        self.rig.index.land_late_requests()
        self.late_since = None

    def change(self, step: Change) -> None:
        # DynamoDB's microseconds tell two changes of an item apart; its milliseconds and seconds need not.
        self.rig.clock.now += step.gap_seconds + 0.000_01
        self.changes += 1
        image = item(step.key, n={"N": str(self.changes)})
        if step.delete:
            self.rig.table.delete(image)
        else:
            self.rig.table.put(image)
        record = (step.key, None if step.delete else image, round(self.rig.clock.now * 1_000_000))
        place = len(self.feed)
        if self.feed_name != "dynamodb_stream":
            place = max(self.handed_over, len(self.feed) - step.slot)
            if step.twice:
                self.feed.append(record)
        self.feed.insert(place, record)

    def deliver(self, step: Deliver) -> None:
        rig = self.rig
        rig.index.faults = deque(self.fault(fault) for fault in step.faults)
        rig.table.failures = deque([client_error("InternalServerError")] if step.table_fails else [])
        start = max(0, self.position - step.back)
        batch = [self.record(number) for number in range(start, min(start + step.count, len(self.feed)))]
        self.handed_over = max(self.handed_over, start + len(batch))
        late = len(rig.index.late_requests)
        reported = rig.invoke(batch)
        if len(rig.index.late_requests) > late and self.late_since is None:
            self.late_since = rig.clock.now
        if step.back == 0:
            self.position = int(reported[0]) - 1 if reported else start + len(batch)

    def fault(self, name: str | Change) -> Fault | None:
        if isinstance(name, Change):
            return Fault(meanwhile=lambda: self.change(name))
        if name == "poor":
            return Fault(status=429, ids=frozenset({"a"}))
        if name == "throttled":
            return Fault(status=429)
        return Fault(lost=name == "lost", unanswered=name == "unanswered", late=name == "late")

    def record(self, position: int) -> dict[str, Any]:
        key, image, microseconds = self.feed[position]
        operation = "REMOVE" if image is None else "MODIFY"
        number, image = position + 1, image or item(key)
        if self.feed_name == "dynamodb_stream":
            return stream_record(image, number=number, seconds=microseconds / 1_000_000, operation=operation)
        precision = None if self.feed_name == "kinesis_milliseconds" else "MICROSECOND"
        return kinesis_record(image, number=number, microseconds=microseconds, operation=operation, precision=precision)

    def come_to_rest(self) -> None:
        self.rig.index.faults.clear()
        self.rig.table.failures.clear()
        for _ in range(20):
            if self.position >= len(self.feed):
                break
            self.deliver(Deliver(count=100, back=0, faults=[], table_fails=False))
        assert self.position >= len(self.feed), "the feed is delivered when nothing fails any more"
        self.land()

    def check(self) -> None:
        table = {
            image["id"]["S"]: {"id": image["id"]["S"], "n": image["n"]["N"]} for image in self.rig.table.items.values()
        }
        assert self.rig.index.sources() == table, "the index holds what the table holds"


def run(feed: str, skew_seconds: float, steps: list[Step], echoes: list[int], make_rig: MakeRig) -> None:
    decoder = "dynamodb_stream" if feed == "dynamodb_stream" else "kinesis_stream"
    world = World(feed_name=feed, rig=make_rig(decoder, clock=FakeClock(), skew_seconds=skew_seconds))
    for step in steps:
        world.take(step)
    world.come_to_rest()
    world.check()
    world.rig.clock.now += 4_000  # the index has forgotten every delete
    for start in echoes:
        batch = [world.record(number) for number in range(start, min(start + 2, len(world.feed)))]
        assert world.rig.invoke(batch) == []
    world.check()
    assert world.rig.queue.messages == []


def converges(feed: str, make_rig: MakeRig, max_examples: int, **changes: Any) -> None:
    @settings(max_examples=max_examples, deadline=None, database=None, derandomize=True, **changes)
    @given(st.sampled_from([0.0, -3.0, 3.0]), STEPS, st.lists(st.integers(0, 8), max_size=3))
    def check(skew_seconds: float, steps: list[Step], echoes: list[int]) -> None:
        run(feed, skew_seconds, steps, echoes, make_rig)

    check()


@pytest.mark.parametrize("feed", FEEDS)
def test_any_history_and_delivery_ends_with_the_index_equal_to_the_table(
    feed: str,
) -> None:
    converges(feed, lambda feed, **parts: Rig(feed=feed, **parts), 500, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("feed", "broken", "noticed"),
    [
        ("dynamodb_stream", tie_counted_as_done, "what the table holds"),
        ("kinesis_milliseconds", tie_counted_as_done, "what the table holds"),
        ("dynamodb_stream", no_reading_of_old_records, "what the table holds"),
        ("kinesis_stream", no_reading_of_old_records, "what the table holds"),
        ("dynamodb_stream", conflict_counted_as_failure, "the feed is delivered"),
        ("kinesis_stream", conflict_counted_as_failure, "the feed is delivered"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_sync_that_does_not_converge_is_found_out(feed: str, broken: MakeRig, noticed: str) -> None:
    with pytest.raises(AssertionError, match=noticed):
        converges(feed, broken, 3_000, phases=[Phase.generate], report_multiple_bugs=False)


def test_with_external_gte_a_late_request_would_revert_a_change_of_its_second() -> None:
    change = Change(key="a", delete=False, gap_seconds=0.0, slot=0, twice=False)
    first = Deliver(count=1, back=0, faults=["late"], table_fails=False)
    second = Deliver(count=1, back=0, faults=[], table_fails=False)
    steps: list[Step] = [change, change, first, second]
    run("dynamodb_stream", 0.0, steps, [], lambda feed, **parts: Rig(feed=feed, **parts))
    with pytest.raises(AssertionError, match="what the table holds"):
        run("dynamodb_stream", 0.0, steps, [], late_request_with_external_gte)
