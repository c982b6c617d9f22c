"""When requests are built and how large they are changes nothing of what the index ends with, or of what is said."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changefeed.bulk_pace import BulkPace
from changefeed.bulk_writer import BegunWrites, BulkWriter
from changefeed.document_action import DocumentAction
from tests.changefeed.consumer_rig import DECODERS, Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.convergence.accounting import sequence_number
from tests.fakes import NOW, FakeContext, Fault

FAULTS = st.lists(
    st.sampled_from(
        [None, Fault(status=503), Fault(lost=True), Fault(unanswered=True), Fault(status=429, ids=frozenset("ac"))]
    ),
    max_size=4,
)
CHANGES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 9), st.sampled_from("SN!")), max_size=12)
FEEDS = pytest.mark.parametrize("feed", list(DECODERS))


class BuildsAfterTheAnswer:
    """A transport whose work is done only when the answer is there, where the fakes do it before they send."""

    def __init__(self, send: Callable[[bytes, float], tuple[int, bytes]]) -> None:
        self._send = send
        self._work: Callable[[], object] = lambda: None

    def while_waiting(self, work: Callable[[], object]) -> None:
        self._work = work

    def __call__(self, body: bytes, timeout: float) -> tuple[int, bytes]:
        work, self._work = self._work, lambda: None
        answer = self._send(body, timeout)
        work()
        return answer


def changed(key: str, value: int, kind: str) -> dict[str, Any]:
    return item(key, n={"S": str(value)} if kind == "S" else {"N": str(value) if kind == "N" else "no number"})


def batch(feed: str, changes: list[tuple[str, int, str]]) -> list[Any]:
    """Some of whose items can be no documents."""
    records = []
    for number, (key, value, kind) in enumerate(changes, 1):
        extra: dict[str, Any] = {"microseconds": int(NOW) * 1_000_000 + number} if feed == "kinesis_stream" else {}
        make = kinesis_record if feed == "kinesis_stream" else stream_record
        records.append(make(changed(key, value, kind), number=number, **extra))
    return records


def outcome(rig: Rig, records: list[Any]) -> Any:
    for record in records:  # the table holds what the last change of each item left
        change = rig.pipeline.decode(record)
        rig.table.put({**change.keys, "n": {"S": "from the table"}})
    actions, rejections = rig.pipeline.plan([rig.pipeline.decode(record) for record in records])
    results = rig.writer(actions, FakeContext(clock=rig.clock, seconds=30).seconds_left)
    told = sorted((result.action.document_id, result.outcome.value, result.reason or "") for result in results)
    return told, [rejection.code for rejection in rejections], rig.index.sources(), rig.index.highest


@FEEDS
@given(changes=CHANGES, faults=FAULTS)
@settings(deadline=None)
def test_building_ahead_and_building_late_end_the_same(
    feed: str, changes: list[tuple[str, int, str]], faults: list[Fault | None]
) -> None:
    outcomes = []
    for late in (False, True):
        rig = Rig(feed=feed, max_bulk_actions=2)
        rig.index.faults = deque(faults)
        if late:
            transport = BuildsAfterTheAnswer(rig.writer.send)
            rig.writer = replace(rig.writer, send=transport, while_waiting=transport.while_waiting)
        outcomes.append(outcome(rig, batch(feed, changes)))
    assert outcomes[0] == outcomes[1]


@FEEDS
@given(changes=CHANGES, limit=st.integers(1, 12))
@settings(deadline=None)
def test_the_size_of_requests_changes_nothing_of_their_outcome(
    feed: str, changes: list[tuple[str, int, str]], limit: int
) -> None:
    outcomes = []
    for pace in (BulkPace(), BulkPace(limit=limit)):
        rig = Rig(feed=feed)
        rig.writer = replace(rig.writer, pace=pace)
        outcomes.append(outcome(rig, batch(feed, changes)))
    assert outcomes[0] == outcomes[1]


@FEEDS
@given(changes=CHANGES, faults=FAULTS, lead=st.integers(1, 12))
@settings(deadline=None)
def test_a_batch_in_parts_ends_as_the_same_in_batches_of_their_own(
    feed: str, changes: list[tuple[str, int, str]], faults: list[Fault | None], lead: int
) -> None:
    """Kinesis: the parts are records. Streams: they are documents, so no item is in both."""
    records = batch(feed, changes)
    split = Rig(feed=feed, lead=lead)
    cut = lead if feed == "kinesis_stream" else len(records)
    apart = Rig(feed=feed)
    for rig, batches in ((split, [records]), (apart, [records[:cut], records[cut:]])):
        for key, value, kind in changes:
            rig.table.put(changed(key, value, kind))
        rig.index.faults = deque(faults)
        for part in batches:
            while part and (reported := rig.invoke(part)):
                part = [record for record in part if sequence_number(record) >= int(reported[0])]
    assert split.index.sources() == apart.index.sources()
    assert sorted(split.queue.sequence_numbers()) == sorted(apart.queue.sequence_numbers())


@FEEDS
def test_the_second_part_is_made_ready_while_the_first_is_in_flight(feed: str) -> None:
    rig = Rig(feed=feed, lead=2)
    order: list[str] = []

    def send(body: bytes, timeout: float) -> tuple[int, bytes]:
        order.append(f"{body.count(b'version_type')} answered")
        answer: tuple[int, bytes] = rig.index(body, timeout)
        return answer

    def while_waiting(work: Callable[[], object]) -> None:
        work()
        order.append("worked")

    class Watched(BulkWriter):
        def begin(self, actions: Sequence[DocumentAction]) -> BegunWrites:
            order.append(f"{len(actions)} begun")
            return super().begin(actions)

    parts = {name: getattr(rig.writer, name) for name in BulkWriter.__dataclass_fields__}
    rig.pipeline = replace(rig.pipeline, write=Watched(**parts | {"send": send, "while_waiting": while_waiting}))
    assert rig.invoke(batch(feed, [(key, 1, "S") for key in "abcdefg"])) == []
    assert order == ["2 begun", "5 begun", "worked", "2 answered", "worked", "5 answered"]
    assert sorted(rig.index.documents) == list("abcdefg")
