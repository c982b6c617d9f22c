"""A run that ends early, or goes on: what it did not come to is kept, and one record's trouble isn't everybody's."""

import json

import pytest

from ops.redrive.letter import NOT_TRIED, End
from ops.redrive.stream_range import EMPTY_PAGES
from tests.fakes import Fault
from tests.ops.redrive_rig import FEEDS, RedriveRig


@pytest.fixture(params=FEEDS)
def rig(request: pytest.FixtureRequest) -> RedriveRig:
    return RedriveRig(feed=request.param)


def test_a_range_that_a_stopped_run_never_read_is_kept(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{n}") for n in range(501)]
    body = rig.failure(numbers[0], numbers[-2], "RetryAttemptsExhausted")
    payload = json.dumps({"Records": [rig.record(number) for number in numbers[:-1]]})
    rig.sqs.send(json.dumps(body | {"payload": payload}))
    unread = rig.fail(numbers[-1], numbers[-1], condition="RecordAgeExceeded")
    rig.index.faults.extend([Fault(status=503)] * 1_000)
    report = rig.run()
    assert report.stopped
    assert unread in rig.sqs.messages
    assert rig.stream.reads == 0
    assert ("failure_message", "RecordAgeExceeded", NOT_TRIED) in report.still_failing


def test_one_record_without_an_answer_stops_nobody_else(rig: RedriveRig) -> None:
    letters = [rig.park(rig.change(f"k{n}")) for n in range(3)]
    rig.index.faults.extend([Fault(status=503, ids=frozenset({"k1"}))] * 1_000)
    report = rig.run()
    assert report.stopped is None
    assert {end: count for (_, _, end), count in report.letters.items()} == {End.SETTLED: 2, End.FAILING: 1}
    assert list(rig.sqs.messages) == [letters[1]]
    assert report.records == {"written": 2, "failing": 1}


def test_empty_pages_between_the_records_of_a_range_are_not_its_end(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{n}") for n in range(11)]
    rig.fail(numbers[0], numbers[-1])
    rig.stream.empty_pages = EMPTY_PAGES - 1
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()
