"""How much goes into a request after slow and fast ones, and when a small one leads."""

import pytest

from changefeed.bulk_pace import FEWEST_ACTIONS, MOST_ACTIONS, BulkPace


def answer(milliseconds: int) -> bytes:
    return b'{"took":%d,"errors":false,"items":[]}' % milliseconds


def pace(*, ready_us: float, index_us: int, round_trip_ms: int = 0) -> BulkPace:
    """That has made 1,000 changes ready and had an answer to them."""
    learnt = BulkPace()
    learnt.made_ready(1_000, ready_us / 1_000)
    learnt.answered(1_000, (index_us + round_trip_ms) / 1_000, answer(index_us))
    return learnt


def test_the_first_batch_is_sent_whole() -> None:
    assert BulkPace().lead(1_000) == 1_000
    learnt = BulkPace()
    learnt.made_ready(1_000, 0.020)
    assert learnt.lead(1_000) == 1_000


def test_as_many_lead_as_keep_the_index_busy_until_the_rest_is_ready() -> None:
    first = pace(ready_us=20, index_us=80).lead(1_000)
    assert first == 200
    assert first * 80 == (1_000 - first) * 20


@pytest.mark.parametrize(
    ("changes", "ready_us", "index_us", "round_trip_ms", "first"),
    [
        (1_000, 20, 80, 5, 200),  # hides 16 ms, costs 5 and 1
        (1_000, 20, 80, 15, 1_000),
        (1_000, 5, 95, 0, FEWEST_ACTIONS),
        (100, 20, 80, 0, 100),  # hides 1 ms, costs as much
        (200, 20, 80, 0, FEWEST_ACTIONS),
        (FEWEST_ACTIONS, 20, 80, 0, FEWEST_ACTIONS), (10, 20, 80, 0, 10), (0, 20, 80, 0, 0),
        (1_000, 0, 80, 0, 1_000), (1_000, 0, 0, 0, 1_000),
    ],
)  # fmt: skip
def test_a_part_leads_where_it_hides_more_than_it_costs(
    changes: int, ready_us: float, index_us: int, round_trip_ms: int, first: int
) -> None:
    assert pace(ready_us=ready_us, index_us=index_us, round_trip_ms=round_trip_ms).lead(changes) == first


def test_an_answer_quicker_than_it_says_is_no_time_travel() -> None:
    learnt = BulkPace()
    learnt.answered(10, 0.0, answer(3))
    assert learnt.round_trip_seconds == 0.0


def test_one_slow_round_trip_is_not_believed_at_once() -> None:
    learnt = pace(ready_us=1, index_us=50, round_trip_ms=2)
    learnt.answered(1_000, 0.350, answer(50))
    assert learnt.round_trip_seconds < 0.01
    for _ in range(20):
        learnt.answered(1_000, 0.350, answer(50))
    assert learnt.round_trip_seconds == pytest.approx(0.3)


def test_slow_requests_halve_the_limit_to_a_floor_and_fast_ones_double_it_to_its_top() -> None:
    learnt = BulkPace()
    limits = []
    for seconds in [6.0] * 6 + [2.0] + [0.5] * 6:
        learnt.answered(1, seconds, b"")
        limits.append(learnt.limit)
    assert limits == [500, 250, 125, 62, FEWEST_ACTIONS, 50, 50, 100, 200, 400, 800, MOST_ACTIONS, MOST_ACTIONS]


def test_nothing_made_ready_teaches_nothing() -> None:
    learnt = pace(ready_us=20, index_us=80)
    learnt.made_ready(0, 5.0)
    assert learnt.lead(1_000) == 200
