"""When requests are built and how large they are changes nothing of what the index ends with, or of what is said."""

from collections import deque
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from changefeed.batch_judgement import SUSPICIOUS_REJECTIONS
from changefeed.write.bulk_pace import BulkPace
from changefeed.write.bulk_post import Answer, posting
from tests.changefeed.consumer_rig import DECODERS, ORDERS, Order, Rig
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
    summary = sorted((result.action.document_id, result.outcome.value, result.reason or "") for result in results)
    return summary, [rejection.code for rejection in rejections], rig.index.sources(), rig.index.highest


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
@given(changes=CHANGES, faults=FAULTS, lead=st.integers(1, 12), order=st.sampled_from(sorted(ORDERS)))
@settings(deadline=None)
def test_a_batch_in_parts_ends_as_the_same_in_batches_of_their_own(
    feed: str, changes: list[tuple[str, int, str]], faults: list[Fault | None], lead: int, order: Order
) -> None:
    """Kinesis: the parts are records. Streams: they are documents, so no item is in both."""
    assume(sum(kind == "!" for _, _, kind in changes) < SUSPICIOUS_REJECTIONS)
    records = batch(feed, changes)
    split = Rig(feed=feed, lead=lead, order=order)
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
def test_the_second_part_is_made_ready_and_sent_while_the_first_is_in_flight(feed: str) -> None:
    rig = Rig(feed=feed, lead=2)
    order: list[str] = []

    def post(body: bytes, timeout: float) -> Answer:
        order.append(f"{body.count(b'version_type')} sent")
        posted = posting(rig.index)(body, timeout)

        def answer(seconds: float) -> tuple[int, bytes]:
            order.append(f"{body.count(b'version_type')} answered")
            return posted(seconds)

        return answer

    rig.pipeline = replace(rig.pipeline, write=replace(rig.writer, post=post))
    assert rig.invoke(batch(feed, [(key, 1, "S") for key in "abcdefg"])) == []
    assert order == ["2 sent", "5 sent", "2 answered", "5 answered"]
    assert sorted(rig.index.documents) == list("abcdefg")


@FEEDS
def test_the_time_to_prepare_a_batchs_changes_is_learnt(feed: str) -> None:
    rig, pace = Rig(feed=feed), BulkPace(stopwatch=map(float, count()).__next__)
    rig.pipeline = replace(rig.pipeline, write=replace(rig.writer, pace=pace))
    assert rig.invoke(batch(feed, [(key, 1, "S") for key in "abcdefg"])) == []
    assert pace.ready_seconds == 2 / 7  # from the start to the lap, with the sending's own look at the watch between


@FEEDS
def test_a_part_whose_time_is_over_is_reported_and_not_waited_for(feed: str) -> None:
    rig = Rig(feed=feed, lead=2)
    for key in "abcdefg":
        rig.table.put(changed(key, 1, "S"))
    rig.index.faults = deque([Fault(status=503), None] + [Fault(status=503)] * 1_000)
    assert rig.invoke(batch(feed, [(key, 1, "S") for key in "abcdefg"]), seconds=4) == ["1"]
    assert sorted(rig.index.documents) == list("cdefg")
    assert rig.invoke(batch(feed, [(key, 1, "S") for key in "abcdefg"]), seconds=4) == ["1"]
    rig.index.faults.clear()
    assert rig.invoke(batch(feed, [(key, 1, "S") for key in "abcdefg"])) == []
    assert sorted(rig.index.documents) == list("abcdefg")
