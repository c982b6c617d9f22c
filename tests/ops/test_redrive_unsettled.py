"""What a redrive must not take for settled: what it did not come to, could not read, or what isn't its table's."""

import json

import pytest

from ops.redrive.letter import NOT_TRIED, End
from ops.redrive.letter_reader import LetterReader
from ops.redrive.stream_range import EMPTY_PAGES
from tests.fakes import Fault, client_error
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
    rig.store(numbers[-1:], condition="RecordAgeExceeded")
    rig.index.faults.extend([Fault(status=503)] * 1_000)
    report = rig.run()
    assert report.stopped
    assert {place for place, _, _ in report.letters} == {"failure_message"}, "the bucket is left for another time"
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


@pytest.mark.parametrize("code", ["InvalidArgumentException", "ValidationException"])
def test_a_place_that_the_shard_never_had_is_expired(rig: RedriveRig, code: str) -> None:
    """The stream was made anew: what the message names is in none any more."""
    number = rig.change("a")
    rig.fail(number, number)
    rig.stream.errors = [client_error(code)]
    assert rig.run().expired == 1


def test_a_stream_that_expires_every_iterator_is_left_for_another_time(rig: RedriveRig) -> None:
    number = rig.change("a")
    rig.fail(number, number)
    rig.stream.errors = [client_error("ExpiredIteratorException")] * 50
    report = rig.run(drop_expired=True)
    assert (report.expired, report.is_clean, len(rig.sqs.visible)) == (0, False, 1)
    assert rig.stream.reads < 10


def test_a_record_of_another_table_on_a_shared_stream_is_not_written() -> None:
    rig = RedriveRig(feed="kinesis_stream")
    number = rig.change("a")
    rig.store([number])
    rig.table.name = "another-table"
    redrive = rig.redrive()
    redrive.read_letter = LetterReader(table_name="another-table")
    report = redrive()
    assert (rig.index.requests, report.records) == ([], {})


def test_two_records_of_one_item_that_were_too_large_are_settled_together(rig: RedriveRig) -> None:
    letters = [rig.park(rig.change("a", n={"N": str(number)}), large=True) for number in (1, 2, 3)]
    first = rig.sqs.messages[letters[0]]
    first.body = json.dumps(json.loads(first.body) | {"sequence_number": None})
    report = rig.run()
    assert report.is_clean
    assert report.records == {"written": 3}
    assert (rig.index.sources(), rig.sqs.messages) == (rig.documents(), {})
