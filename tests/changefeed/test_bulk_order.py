"""When requests are built and how large they are changes nothing of what the index ends with, or of what is said."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changefeed.bulk_pace import BulkPace
from tests.changefeed.consumer_rig import DECODERS, Rig
from tests.changefeed.records import item, kinesis_record, stream_record
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


def batch(feed: str, changes: list[tuple[str, int, str]]) -> list[Any]:
    """Some of whose items can be no documents."""
    records = []
    for number, (key, value, kind) in enumerate(changes, 1):
        content = {"S": str(value)} if kind == "S" else {"N": str(value) if kind == "N" else "no number"}
        image = item(key, n=content)
        extra: dict[str, Any] = {"microseconds": int(NOW) * 1_000_000 + number} if feed == "kinesis_stream" else {}
        make = kinesis_record if feed == "kinesis_stream" else stream_record
        records.append(make(image, number=number, **extra))
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
def test_a_leading_request_is_small_and_the_rest_follows(feed: str) -> None:
    rig = Rig(feed=feed)
    rig.writer = replace(rig.writer, pace=BulkPace(round_trip_seconds=0.0, encoding_seconds=1e-5))
    results = outcome(rig, batch(feed, [("a", 1, "S")]) + [
        (stream_record if feed == "dynamodb_stream" else kinesis_record)(item(f"k{number}"), number=number + 10)
        for number in range(400)
    ])  # fmt: skip
    assert [request.count(b'"version_type"') for request in rig.index.requests] == [125, 276]
    assert len(results[2]) == 401
