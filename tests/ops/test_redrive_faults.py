"""What goes wrong on the way: expired streams, crashes, copies, full hands, refused deletes."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops.dead_letter_queue import VISIBILITY_SECONDS
from ops.redrive.letter import RANGE_EXPIRED, End, Place
from tests.fakes import Fault, client_error
from tests.ops.redrive_rig import FEEDS, RedriveRig


@pytest.fixture(params=FEEDS)
def rig(request: pytest.FixtureRequest) -> RedriveRig:
    return RedriveRig(feed=request.param)


@pytest.mark.parametrize("trimmed", [1, 2, 5, 6])
def test_a_range_that_is_trimmed_is_told_as_expired_and_kept_unless_it_is_dropped(
    rig: RedriveRig, trimmed: int
) -> None:
    numbers = [rig.change(f"k{n}") for n in range(6)]
    rig.fail(numbers[0], numbers[4])
    rig.stream.trimmed = trimmed
    report = rig.run()
    assert [(key[2], key[1]) for key in report.letters] == [(End.EXPIRED, "RetryAttemptsExhausted")]
    assert [new for _, _, new in report.still_failing] == [RANGE_EXPIRED]
    assert (report.is_clean, len(rig.sqs.visible)) == (False, 1)
    report = rig.run(drop_expired=True)
    assert (report.is_clean, rig.sqs.messages) == (True, {})
    assert rig.run().found == 0


def test_a_whole_range_behind_an_expired_one_is_settled(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{n}") for n in range(20)]
    rig.fail(numbers[0], numbers[2])
    rig.fail(numbers[2], numbers[9])
    rig.fail(numbers[4], numbers[9])
    rig.stream.trimmed = 3
    report = rig.run()
    assert (report.expired, len(rig.sqs.messages)) == (2, 2)
    assert {f"k{n}" for n in range(4, 10)} <= set(rig.index.sources())


def test_a_shard_that_is_gone_is_expired(rig: RedriveRig) -> None:
    number = rig.change("a")
    rig.fail(number, number)
    rig.stream.is_gone = True
    assert rig.run().expired == 1
    assert rig.sqs.messages


def test_a_shard_that_ends_before_its_range_is_expired(rig: RedriveRig) -> None:
    rig.fail(rig.change("a"), 7)
    rig.stream.is_closed = True
    assert rig.run().expired == 1
    assert rig.index.sources() == rig.documents()


def test_a_range_whose_end_does_not_come_may_come_another_time(rig: RedriveRig) -> None:
    rig.fail(rig.change("a"), 2)
    report = rig.run(drop_expired=True)
    assert [new for _, _, new in report.still_failing] == ["range_end_not_reached"]
    rig.change("b")
    assert rig.run().is_clean
    assert not rig.sqs.messages


def test_an_iterator_that_expires_on_the_way_is_renewed(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{n}") for n in range(11)]
    rig.fail(numbers[1], numbers[-1])
    rig.stream.errors = [client_error("ExpiredIteratorException"), None, client_error("ExpiredIteratorException")]
    report = rig.run()
    assert report.is_clean
    assert report.records == {"written": 10}, "no record is read twice"
    assert len(rig.index.sources()) == 10


def test_a_stream_that_can_not_be_read_now_is_no_expired_one(rig: RedriveRig) -> None:
    number = rig.change("a")
    rig.fail(number, number)
    for error in (client_error("AccessDeniedException"), EndpointConnectionError(endpoint_url="x")):
        rig.stream.errors = [error]
        report = rig.run(drop_expired=True)
        assert (report.expired, report.is_clean, len(rig.sqs.visible)) == (0, False, 1)
    assert rig.run().is_clean


def test_a_crash_between_write_and_delete_does_no_harm(rig: RedriveRig) -> None:
    rig.park(rig.change("a", n={"N": "1"}))
    rig.store([rig.change("b", n={"N": "1"})])

    def crash() -> None:
        raise KeyboardInterrupt

    rig.sqs.before_delete = crash
    with pytest.raises(KeyboardInterrupt):
        rig.run()
    assert rig.index.sources() == {"a": {"id": "a", "n": "1"}}
    assert len(rig.sqs.visible) == 1, "a run that is stopped gives back what it holds"
    rig.sqs.before_delete = lambda: None
    rig.change("a", delete=True)
    rig.clock.now += 4_000
    report = rig.run()
    assert report.is_clean
    assert (rig.sqs.messages, rig.s3.objects) == ({}, {})


def test_a_request_that_is_applied_without_an_answer_is_settled(rig: RedriveRig) -> None:
    rig.park(rig.change("a", n={"N": "1"}))
    rig.index.faults.append(Fault(unanswered=True))
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()


def test_second_copies_of_a_message_in_hand_are_not_worked_on_again(rig: RedriveRig) -> None:
    rig.park(rig.change("a", poison={"S": "x"}))
    rig.park(rig.change("b"))
    rig.sqs.twice = 1_000_000
    report = rig.run()
    assert report.found == 2
    assert len(rig.sqs.messages) == 1


def test_more_kept_messages_than_can_be_held_end_the_run(rig: RedriveRig) -> None:
    rig.most_held = 20
    for n in range(35):
        rig.park(rig.change(f"k{n}", poison={"S": "x"}))
    report = rig.run()
    assert report.stopped
    assert 20 <= report.found < 35
    assert len(rig.sqs.visible) == 35


def test_messages_stay_invisible_for_others_however_long_a_run_takes(rig: RedriveRig) -> None:
    names = [rig.park(rig.change(f"k{n}", poison={"S": "x"})) for n in range(1_100)]
    stolen: list[str] = []
    redrive = rig.redrive()
    write = redrive.settle.write

    def slow_write(actions: Any, seconds_left: Any) -> Any:
        results = write(actions, seconds_left)
        rig.clock.now += VISIBILITY_SECONDS * 0.9
        stolen.extend(set(rig.sqs.visible) & set(names[:500]))
        return results

    redrive.settle.write = slow_write
    redrive()
    assert stolen == []
    assert rig.sqs.visible == names


def test_letters_that_can_not_be_deleted_are_told_and_settled_next_time(rig: RedriveRig) -> None:
    rig.sqs.undeletable.add(rig.park(rig.change("a")))
    rig.s3.undeletable.add(rig.store([rig.change("b")]))
    report = rig.run()
    assert {(place, new) for place, _, new in report.still_failing} == {
        (Place.PARKED, "not_deleted"),
        (Place.OBJECT, "not_deleted"),
    }
    assert not report.is_clean
    rig.sqs.undeletable.clear()
    rig.s3.undeletable.clear()
    assert rig.run().is_clean
    assert (rig.sqs.messages, rig.s3.objects) == ({}, {})


def test_an_object_that_vanishes_after_it_was_listed_is_somebody_elses_work(rig: RedriveRig) -> None:
    rig.s3.vanishing.add(rig.store([rig.change("a")]))
    report = rig.run()
    assert (report.found, report.is_clean) == (0, True)


def test_an_object_that_may_not_be_read_is_an_error_and_not_left_out(rig: RedriveRig) -> None:
    rig.store([rig.change("a")])
    rig.s3.unreadable = True
    with pytest.raises(ClientError, match="AccessDenied"):
        rig.run()


def test_many_objects_are_listed_page_by_page_while_they_are_deleted(rig: RedriveRig) -> None:
    for n in range(11):
        rig.store([rig.change(f"k{n}")])
    assert rig.run().is_clean
    assert (rig.index.sources(), rig.s3.objects) == (rig.documents(), {})


def test_a_queue_message_with_a_payload_needs_no_stream(rig: RedriveRig) -> None:
    number = rig.change("a")
    body = rig.failure(number, number, "RetryAttemptsExhausted")
    rig.sqs.send(json.dumps(body | {"payload": json.dumps({"Records": [rig.record(number)]})}))
    rig.stream.is_gone = True
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()
