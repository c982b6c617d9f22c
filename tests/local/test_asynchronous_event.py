"""The rules of one asynchronous event, without threads: when each attempt comes, and how every event ends."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from local.runners.asynchronous.event import (
    ZERO_CONCURRENCY,
    Again,
    AsynchronousEvent,
    Ended,
    accepted,
    after_attempt,
    before_attempt,
)
from local.runners.asynchronous.settings import WAIT_DIVISOR, AsynchronousSettings
from local.runners.invocation import InvokeResult
from tests.local.asynchronous_fakes import DONE, ERROR, NOW, THROTTLED, settings

MANY = hypothesis_settings(max_examples=300, deadline=None)


def drive(
    outcomes: Sequence[InvokeResult | None], rules: AsynchronousSettings, *, run_seconds: float = 0.0
) -> tuple[Ended, list[float], list[AsynchronousEvent]]:
    """Plays it to its end on a made-up clock; the last outcome repeats. Returns the end, the times and the attempts."""
    event, now = accepted("id", {"n": 1}, NOW), NOW
    times: list[float] = []
    tried: list[AsynchronousEvent] = []
    for step in range(100_000):
        now = max(now, event.due)
        if (ended := before_attempt(event, rules, now)) is not None:
            return ended, times, tried
        times.append(now)
        tried.append(event)
        now += run_seconds
        after = after_attempt(event, outcomes[min(step, len(outcomes) - 1)], rules, now)
        if isinstance(after, Ended):
            return after, times, tried
        event = after.event
    raise AssertionError("it never ends")


def test_a_function_error_is_tried_again_after_one_and_two_minutes_divided() -> None:
    ended, times, _ = drive([ERROR], settings())
    assert ended.condition == "RetriesExhausted"
    assert ended.event.attempts == 3
    assert [round((time - NOW) * WAIT_DIVISOR) for time in times] == [0, 60, 180]


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_attempts_are_one_more_than_the_retries(retries: int) -> None:
    ended, times, _ = drive([ERROR], settings(maximum_retry_attempts=retries))
    assert len(times) == ended.event.attempts == retries + 1


def test_a_throttle_uses_up_no_retry_and_doubles_from_a_second_up_to_five_minutes() -> None:
    ended, times, _ = drive([*[THROTTLED] * 11, ERROR, ERROR, ERROR], settings())
    assert ended.condition == "RetriesExhausted"
    assert ended.event.attempts == 3
    waits = [round((later - earlier) * WAIT_DIVISOR) for earlier, later in itertools.pairwise(times)]
    assert waits[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_after_an_attempt_the_waits_of_throttles_begin_anew() -> None:
    _, times, _ = drive([THROTTLED, THROTTLED, ERROR, THROTTLED, DONE], settings())
    waits = [round((later - earlier) * WAIT_DIVISOR) for earlier, later in itertools.pairwise(times)]
    assert waits == [1, 2, 60, 1]


def test_an_event_that_is_throttled_for_ever_grows_too_old() -> None:
    ended, times, _ = drive([THROTTLED], settings(maximum_event_age_seconds=60))
    assert ended.condition == "EventAgeExceeded"
    assert ended.event.attempts == 0
    assert max(times) <= NOW + 60


def test_an_event_that_waited_too_long_for_its_first_attempt_is_not_tried() -> None:
    rules = settings(maximum_event_age_seconds=60)
    event = accepted("id", {}, NOW)
    assert before_attempt(event, rules, NOW + 60) is None
    late = before_attempt(event, rules, NOW + 60.1)
    assert late is not None
    assert late.condition == "EventAgeExceeded"


def test_a_late_success_is_a_success() -> None:
    ended, _, _ = drive([ERROR, DONE], settings(maximum_event_age_seconds=120), run_seconds=58)
    assert ended.condition == "Success"


@pytest.mark.parametrize(
    "wrong",
    [
        {"maximum_retry_attempts": 3},
        {"maximum_event_age_seconds": 59},
        {"maximum_event_age_seconds": 21_601},
        {"parallel": 0},
    ],
)
def test_settings_that_aws_refuses_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        settings(**wrong)


@MANY
@given(
    outcomes=st.lists(
        st.sampled_from([DONE, ERROR, THROTTLED, InvokeResult(status_code=500)]), min_size=1, max_size=30
    ),
    retries=st.integers(0, 2),
    age=st.integers(60, 21_600),
    run_seconds=st.floats(0, 900),
)
def test_every_event_ends_once_with_one_request_id(
    outcomes: list[InvokeResult | None], retries: int, age: int, run_seconds: float
) -> None:
    rules = settings(maximum_retry_attempts=retries, maximum_event_age_seconds=age)
    ended, times, tried = drive(outcomes, rules, run_seconds=run_seconds)
    assert {event.request_id for event in tried} <= {"id"}
    assert times == sorted(times)
    assert ended.event.attempts <= retries + 1
    last = ended.event.last_result
    if ended.condition == "Success":
        assert last == DONE
    elif ended.condition == "RetriesExhausted":
        assert ended.event.attempts == retries + 1
        assert last == ERROR
    else:
        assert last != DONE, "what is done is never called too old"
    assert all(isinstance(time, float) and time - NOW <= age for time in times), "nothing starts after its age"


def test_a_retry_that_would_come_too_late_is_given_up_at_once() -> None:
    after = after_attempt(accepted("id", {}, NOW), ERROR, settings(maximum_event_age_seconds=100), NOW + 40.5)
    assert isinstance(after, Ended)
    assert after.condition == "EventAgeExceeded"
    in_time = after_attempt(accepted("id", {}, NOW), ERROR, settings(maximum_event_age_seconds=100), NOW + 39.5)
    assert isinstance(in_time, Again)
    assert in_time.event.age_seconds(in_time.event.due) == pytest.approx(99.5), "the wait counts as long as on AWS"


@pytest.mark.parametrize(("age", "attempts"), [(60, 1), (90, 2), (170, 2), (185, 3)])
def test_there_are_as_many_attempts_as_aws_makes_in_that_time(age: int, attempts: int) -> None:
    ended, times, _ = drive([ERROR], settings(maximum_event_age_seconds=age), run_seconds=0.1)
    assert len(times) == ended.event.attempts == attempts


def test_a_retry_that_finds_no_thread_in_time_grows_too_old_as_on_aws() -> None:
    rules = settings(maximum_event_age_seconds=100)
    again = after_attempt(accepted("id", {}, NOW), ERROR, rules, NOW)
    assert isinstance(again, Again)
    assert before_attempt(again.event, rules, NOW + 40) is None, "one second of the minute, and 39 more"
    assert before_attempt(again.event, rules, NOW + 42) is not None


def test_a_concurrency_of_zero_gives_an_event_up_at_once_and_a_throttle_does_not() -> None:
    after = after_attempt(accepted("id", {}, NOW), ZERO_CONCURRENCY, settings(), NOW)
    assert isinstance(after, Ended)
    assert (after.condition, after.event.attempts) == ("ZeroReservedConcurrency", 0)
    assert isinstance(after_attempt(accepted("id", {}, NOW), InvokeResult(status_code=429), settings(), NOW), Again)
