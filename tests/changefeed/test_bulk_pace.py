"""How much goes into a request after slow and fast ones, and when a small one leads."""

import pytest

from changefeed.bulk_pace import FEWEST_ACTIONS, LEAD_ACTIONS, MOST_ACTIONS, BulkPace


def answer(milliseconds: int) -> bytes:
    return b'{"took":%d,"errors":false,"items":[]}' % milliseconds


def pace(*, encoding_seconds: float = 0.0, round_trip_milliseconds: int | None = None) -> BulkPace:
    """That has built a request of 100 and had an answer."""
    times = iter([0.0, encoding_seconds * 100])
    learnt = BulkPace(stopwatch=lambda: next(times))
    learnt.time_encoding(lambda: 100)
    if round_trip_milliseconds is not None:
        learnt.answered((50 + round_trip_milliseconds) / 1000, answer(50))
    return learnt


def test_the_first_batch_is_sent_whole() -> None:
    assert BulkPace().first_actions(1_000) == 1_000


@pytest.mark.parametrize(
    ("actions", "encoding_us", "round_trip_milliseconds", "first"),
    [(1_000, 10, 1, LEAD_ACTIONS), (1_000, 10, 20, 1_000), (1_000, 40, 20, LEAD_ACTIONS), (200, 10, 1, 200),
     (LEAD_ACTIONS, 10, 0, LEAD_ACTIONS), (50, 10, 0, 50), (0, 10, 0, 0)],
)  # fmt: skip
def test_a_small_request_leads_where_it_hides_more_than_a_round_trip(
    actions: int, encoding_us: int, round_trip_milliseconds: int, first: int
) -> None:
    learnt = pace(encoding_seconds=encoding_us / 1e6, round_trip_milliseconds=round_trip_milliseconds)
    assert learnt.first_actions(actions) == first


def test_an_answer_quicker_than_it_says_is_no_time_travel() -> None:
    learnt = pace(encoding_seconds=1e-5)
    learnt.answered(0.0, answer(3))
    assert learnt.round_trip_seconds == 0.0
    assert learnt.first_actions(2) == 2


def test_one_slow_round_trip_is_not_believed_at_once() -> None:
    learnt = pace(round_trip_milliseconds=2)
    learnt.answered(0.350, answer(50))
    assert learnt.round_trip_seconds < 0.01
    for _ in range(20):
        learnt.answered(0.350, answer(50))
    assert learnt.round_trip_seconds == pytest.approx(0.3)


def test_slow_requests_halve_the_limit_to_a_floor_and_fast_ones_double_it_to_its_top() -> None:
    learnt = BulkPace()
    limits = []
    for seconds in [6.0] * 6 + [2.0] + [0.5] * 6:
        learnt.answered(seconds, b"")
        limits.append(learnt.limit)
    assert limits == [500, 250, 125, 62, FEWEST_ACTIONS, 50, 50, 100, 200, 400, 800, MOST_ACTIONS, MOST_ACTIONS]


def test_building_nothing_teaches_nothing() -> None:
    learnt = BulkPace()
    learnt.time_encoding(lambda: 0)
    assert learnt.encoding_seconds == 0.0
