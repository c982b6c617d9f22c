"""A backfill between live changes, their delivery and a failing index: at rest, the index holds what the table holds.

And the other way round: without its margin, its ages or DynamoDB's clock, it would not.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from changefeed.backfill.backfill import Backfill
from changefeed.backfill.page import Page, PageReader
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.pending_write import PendingWrite
from tests.changefeed.backfill_rig import backfill_on, invoke, scanned, scanned_rig
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.fakes import NOW, Fault

FEEDS = ("dynamodb_stream", "kinesis_stream")
KEYS = ("a", "b", "c", "d")
BEFORE_THE_STREAM = int((NOW - 7200) * 1_000_000)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An item is put or deleted after some time."""

    key: str
    delete: bool
    gap_seconds: float


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """The next records are handed over, or (`back`) ones that were before."""

    count: int
    back: int


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What happens while one request of the backfill is on its way, how long it takes, and how it ends."""

    steps: tuple[Change | Deliver, ...]
    seconds: float
    end: str


@dataclass(frozen=True, kw_only=True)
class Fill:
    """One invocation of the backfill, where the last one stopped (`again`: as if its answer had been lost)."""

    page_limit: int
    again: bool
    while_reading: Trouble
    while_writing: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Time passes."""

    seconds: float


Step = Change | Deliver | Fill | Wait
CHANGES = st.builds(
    Change, key=st.sampled_from(KEYS), delete=st.booleans(), gap_seconds=st.sampled_from([0.0, 0.3, 1.0])
)
DELIVERIES = st.builds(Deliver, count=st.integers(1, 4), back=st.sampled_from([0, 0, 0, 2]))


def troubles(seconds: list[float], ends: list[str]) -> st.SearchStrategy[Trouble]:
    steps = st.lists(CHANGES | DELIVERIES, max_size=3).map(tuple)
    return st.builds(Trouble, steps=steps, seconds=st.sampled_from(seconds), end=st.sampled_from(ends))


STEPS = st.lists(
    st.one_of(
        CHANGES,
        DELIVERIES,
        st.builds(Wait, seconds=st.sampled_from([1.0, 20.0, 70.0, 4_000.0])),
        st.builds(
            Fill,
            page_limit=st.integers(1, 4),
            again=st.booleans(),
            while_reading=troubles([0.0, 0.0, 3.0, 29.0, 90.0], ["answered"]),
            # A request may take up to its time-out of 20 s, whether it is applied or not.
            while_writing=st.lists(
                troubles([0.0, 1.0, 19.0, 19.0], ["answered", "throttled", "throttled", "lost", "unanswered"]),
                max_size=6,
            ).map(tuple),
        ),
    ),
    min_size=1,
    max_size=10,
)


@dataclass(kw_only=True)
class World:
    """A table that is older than its stream, an index that lacks some of it, the consumer and the backfill."""

    rig: Rig
    backfill: Backfill
    feed: list[tuple[str, dict[str, Any] | None, float]] = field(default_factory=list)
    position: int = 0
    changes: int = 0
    next_key: Any = None
    filled: bool = False
    filling: bool = False

    def __post_init__(self) -> None:
        for number, key in enumerate(KEYS[:3]):
            self.rig.table.put(item(key, n={"N": "0"}))
            if number:  # one is missing, one is as it should be, one is stale
                self.rig.index.documents[key] = (BEFORE_THE_STREAM, {"id": key, "n": "0" if number == 1 else "-1"})

    def take(self, step: Step) -> None:
        match step:
            case Change():
                self.change(step)
            case Deliver():
                self.deliver(step)
            case Fill():
                self.fill(step)
            case Wait():
                self.rig.clock.now += step.seconds

    def change(self, step: Change) -> None:
        self.rig.clock.now += step.gap_seconds + 0.000_01
        self.changes += 1
        image = item(step.key, n={"N": str(self.changes)})
        (self.rig.table.delete if step.delete else self.rig.table.put)(image)
        self.feed.append((step.key, None if step.delete else image, self.rig.clock.now))

    def deliver(self, step: Deliver) -> None:
        start = max(0, self.position - step.back)
        batch = [self.record(number) for number in range(start, min(start + step.count, len(self.feed)))]
        faults, self.rig.index.faults = self.rig.index.faults, deque()
        assert self.rig.invoke(batch) == []
        self.rig.index.faults = faults
        self.position = max(self.position, start + len(batch))

    def fill(self, step: Fill) -> None:
        scanned(self.rig).while_answering = lambda: self.happen(step.while_reading)
        self.rig.index.faults = deque(self.fault(trouble) for trouble in step.while_writing)
        answer = invoke(
            self.rig, self.backfill, seconds=900, max_seconds=0.001, page_limit=step.page_limit, start_key=self.next_key
        )
        scanned(self.rig).while_answering = None
        self.rig.index.faults.clear()
        if not step.again:
            self.filled, self.next_key = self.filled or answer["done"], answer["next_key"]

    def fault(self, trouble: Trouble) -> Fault:
        return Fault(
            status=429 if trouble.end == "throttled" else None,
            lost=trouble.end == "lost",
            unanswered=trouble.end == "unanswered",
            meanwhile=lambda: self.happen(trouble),
        )

    def happen(self, trouble: Trouble) -> None:
        for step in trouble.steps:
            self.take(step)
        self.rig.clock.now += trouble.seconds

    def record(self, position: int) -> dict[str, Any]:
        key, image, seconds = self.feed[position]
        operation = "REMOVE" if image is None else "MODIFY"
        number, image = position + 1, image or item(key)
        if self.rig.feed == "dynamodb_stream":
            return stream_record(image, number=number, seconds=seconds, operation=operation)
        return kinesis_record(image, number=number, microseconds=round(seconds * 1_000_000), operation=operation)

    def come_to_rest(self, *, backfill_last: bool) -> None:
        rest = [self.deliver_all, self.fill_all]
        for finish in rest if backfill_last else reversed(rest):
            finish()

    def deliver_all(self) -> None:
        self.deliver(Deliver(count=1_000, back=0))

    def fill_all(self) -> None:
        if not self.filled:
            assert invoke(self.rig, self.backfill, start_key=self.next_key)["done"]

    def check(self) -> None:
        table = {key["id"]["S"]: {"id": key["id"]["S"], "n": key["n"]["N"]} for key in self.rig.table.items.values()}
        assert self.rig.index.sources() == table, "the index holds what the table holds"


class TrustingWriter(BulkWriter):
    """Sends a page however old it is."""

    def _needs_item(self, write: PendingWrite, now: int) -> bool:
        return write.must_read_item if write.action.record.read_at else super()._needs_item(write, now)


class OwnClockReader(PageReader):
    """Takes this machine's time for DynamoDB's, and that is a minute and a bit ahead.

    Further ahead, its versions are of the future, and every change heals them (`pending_write`).
    """

    def __call__(self, **request: Any) -> Page:
        self._server_time = int((self._clock() + 63) * 1_000_000)
        return super().__call__(**request)


@dataclass(frozen=True, kw_only=True)
class Break:
    """What is wrong with a backfill."""

    margin_microseconds: int = 60_000_000
    writer: type[BulkWriter] = BulkWriter
    reader: type[PageReader] = PageReader


def broken_backfill(rig: Rig, broken: Break) -> Backfill:
    right = backfill_on(rig, margin_microseconds=broken.margin_microseconds)
    writer = broken.writer(**{name: getattr(rig.writer, name) for name in BulkWriter.__dataclass_fields__})

    def open_table() -> PageReader:
        reader = right.open_table()
        reader.__class__ = broken.reader
        return reader

    return Backfill(open_table=open_table, write=writer, park=right.park, clock=right.clock, sleep=right.sleep)


def converges(feed: str, broken: Break, max_examples: int, own_clock_skews: list[float], **changes: Any) -> None:
    @settings(max_examples=max_examples, deadline=None, database=None, derandomize=True, **changes)
    @given(STEPS, st.sampled_from([-3.0, 0.0, 3.0, 20.0]), st.sampled_from(own_clock_skews), st.booleans())
    def check(steps: list[Step], date_skew_seconds: float, skew_seconds: float, backfill_last: bool) -> None:
        rig = scanned_rig(feed=feed, date_skew_seconds=date_skew_seconds, skew_seconds=skew_seconds)
        world = World(rig=rig, backfill=broken_backfill(rig, broken))
        for step in steps:
            world.take(step)
        world.come_to_rest(backfill_last=backfill_last)
        world.check()
        rig.clock.now += 4_000  # the index has forgotten every delete: a last backfill must change nothing
        assert invoke(rig, world.backfill)["done"]
        world.check()
        assert rig.queue.messages == []

    check()


@pytest.mark.parametrize("feed", FEEDS)
def test_a_backfill_among_live_changes_ends_with_the_index_equal_to_the_table(feed: str) -> None:
    converges(feed, Break(), 200, [0.0, -3.0, 3.0], suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    "broken",
    [
        Break(margin_microseconds=0),
        Break(writer=TrustingWriter),
        Break(reader=OwnClockReader),
    ],
    ids=["no margin where clocks differ", "pages are written however old", "the version is of this machine's clock"],
)
@pytest.mark.parametrize("feed", FEEDS)
def test_a_backfill_that_breaks_a_rule_is_found_out(feed: str, broken: Break) -> None:
    with pytest.raises(AssertionError, match="what the table holds"):
        converges(feed, broken, 4_000, [0.0], phases=[Phase.generate], report_multiple_bugs=False)
