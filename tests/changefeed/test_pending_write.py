"""One write's trust and versions."""

from collections.abc import Callable

import pytest

from changefeed.plan.fold import plan
from changefeed.write.bulk_answer import DONE, ItemVerdict, Verdict
from changefeed.write.document_form import Form
from changefeed.write.pending_write import CLOCK_MARGIN_MICROSECONDS, STATE_MARGIN_MICROSECONDS, PendingWrite
from changefeed.write.write_result import Outcome
from tests.changefeed.consumer_rig import DECODERS
from tests.changefeed.records import item, kinesis_record, stream_record

VERSION = 1_767_323_045_000_000
SECOND = 1_000_000
TRUST = 30 * SECOND
NOW = VERSION + 120 * SECOND


def streams_write() -> PendingWrite:
    (action,), _ = plan([DECODERS["dynamodb_stream"](stream_record(item("a")))])
    return PendingWrite.of(action)


def kinesis_write() -> PendingWrite:
    (action,), _ = plan([DECODERS["kinesis_stream"](kinesis_record(item("a")))])
    return PendingWrite.of(action)


def conflict(current: int | None) -> ItemVerdict:
    return ItemVerdict(Verdict.CONFLICT, "version_conflict_engine_exception", current)


@pytest.mark.parametrize(
    ("age", "needed"),
    [
        (0, False), (29 * SECOND, False), (30 * SECOND, True), (86_400 * SECOND, True),
        (-29 * SECOND, False), (-3_600 * SECOND, True),
    ],
)  # fmt: skip
def test_an_image_is_trusted_for_less_than_thirty_seconds_either_way(age: int, needed: bool) -> None:
    assert streams_write().needs_item(VERSION + age, TRUST) is needed


def test_with_a_trust_of_zero_no_image_is_ever_sent_but_what_was_read_is() -> None:
    write = streams_write()
    assert write.needs_item(VERSION, 0)
    write.take_item(item("a"), VERSION + 100)
    assert not write.needs_item(VERSION + 200, 0)
    assert write.needs_item(VERSION + 100 + TRUST, 0)


def test_an_item_read_inside_its_second_keeps_the_records_version() -> None:
    write = streams_write()
    write.take_item(item("a"), VERSION + SECOND - 1 + CLOCK_MARGIN_MICROSECONDS)
    assert write.version == VERSION


def test_an_item_read_after_its_second_and_the_clocks_margin_gets_the_seconds_last_version() -> None:
    write = streams_write()
    write.take_item(None, VERSION + SECOND + CLOCK_MARGIN_MICROSECONDS)
    assert (write.version, write.image) == (VERSION + SECOND - 1, None)


@pytest.mark.parametrize("make", [streams_write, kinesis_write])
def test_a_state_that_is_read_again_beats_what_was_sent_before(make: Callable[[], PendingWrite]) -> None:
    write = make()
    write.take_item(item("a"), VERSION + 60 * SECOND)
    assert write.version == VERSION + 60 * SECOND - STATE_MARGIN_MICROSECONDS
    write.take_item(None, VERSION + 60 * SECOND + 1)
    assert write.version == VERSION + 60 * SECOND - STATE_MARGIN_MICROSECONDS + 1
    assert write.answered(conflict(VERSION + 60 * SECOND), NOW) is Outcome.SUPERSEDED


def test_on_the_kinesis_path_a_version_is_the_last_of_its_span() -> None:
    write = kinesis_write()
    assert write.answered(conflict(VERSION), NOW) is Outcome.SUPERSEDED
    assert write.answered(conflict(None), NOW) is Outcome.SUPERSEDED


@pytest.mark.parametrize("current", [VERSION + SECOND - 1, VERSION + SECOND, VERSION + 99 * SECOND])
def test_a_version_at_or_after_the_end_of_the_span_supersedes(current: int) -> None:
    assert streams_write().answered(conflict(current), NOW) is Outcome.SUPERSEDED


@pytest.mark.parametrize("make", [streams_write, kinesis_write])
def test_a_version_of_the_future_makes_nothing_newer(make: Callable[[], PendingWrite]) -> None:
    write, future = make(), NOW + CLOCK_MARGIN_MICROSECONDS + 1
    assert write.answered(conflict(future), NOW) is None
    write.take_item(item("a"), NOW)
    assert write.version == future + 1
    assert write.answered(DONE, NOW) is Outcome.WRITTEN
    assert write.result(Outcome.WRITTEN).met_the_future
    assert make().answered(conflict(future - 1), NOW) is Outcome.SUPERSEDED


@pytest.mark.parametrize("current", [VERSION, VERSION + 1, VERSION + SECOND - 2])
def test_a_tie_is_settled_by_reading_the_item_and_the_next_version(current: int) -> None:
    write = streams_write()
    assert write.answered(conflict(current), NOW) is None
    assert write.needs_item(VERSION, TRUST)
    assert write.version == current + 1


def test_a_conflict_that_does_not_tell_its_version_waits_and_reads_the_item() -> None:
    write = streams_write()
    assert write.answered(conflict(None), NOW) is None
    assert conflict(None).must_wait
    assert not conflict(5).must_wait
    assert (write.needs_item(VERSION, TRUST), write.version) == (True, VERSION)


def test_a_refused_image_is_narrowed_then_looked_at_again_and_a_refused_item_is_rejected() -> None:
    write, refusal = streams_write(), ItemVerdict(Verdict.REFUSED, "mapper_parsing_exception")
    for form in (Form.PLAIN_VALUES, Form.KEY):
        assert write.answered(refusal, NOW) is None
        assert write.form is form
        assert not write.needs_item(VERSION, TRUST)
    assert not refusal.must_wait
    assert write.last_error == "mapper_parsing_exception"
    assert write.answered(refusal, NOW) is None
    assert write.needs_item(VERSION, TRUST)
    write.take_item(item("a"), VERSION)
    assert write.form is Form.KEY, "or a slow round of refusals would begin again and again"
    assert write.answered(refusal, NOW) is Outcome.REJECTED


def test_a_write_that_has_to_come_again_is_sent_as_it_is_after_a_wait() -> None:
    write, busy = streams_write(), ItemVerdict(Verdict.RETRYABLE, "rejected_execution_exception")
    assert write.answered(busy, NOW) is None
    assert busy.must_wait
    assert (write.needs_item(VERSION, TRUST), write.version) == (False, VERSION)
    assert write.last_error == "rejected_execution_exception"
    assert write.answered(DONE, NOW) is Outcome.WRITTEN
