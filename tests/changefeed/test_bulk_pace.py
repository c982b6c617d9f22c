"""How much goes into a request after slow and fast ones, and when a small one leads."""

import pytest

from changefeed.write.bulk_pace import FEWEST_ACTIONS, MOST_ACTIONS, REQUEST_SECONDS, BulkPace


def answer(milliseconds: int) -> bytes:
    return b'{"took":%d,"errors":false,"items":[]}' % milliseconds


def pace(*, ready_us: float, index_us: int) -> BulkPace:
    """That has made many changes ready and had many answers to them."""
    learnt = BulkPace()
    for _ in range(100):
        learnt.made_ready(1_000, ready_us / 1_000)
        learnt.answered(1_000, index_us / 1_000, answer(index_us))
    return learnt


def test_the_first_batch_is_led_as_the_benchmarks_would_be() -> None:
    assert BulkPace().lead(1_000) == round((1_000 * 15 - 3_000) / (15 + 70))
    assert BulkPace().lead(200) == 200


def test_as_many_lead_as_keep_the_index_busy_until_the_rest_is_ready() -> None:
    first = pace(ready_us=20, index_us=80).lead(1_000)
    assert first == 170
    assert REQUEST_SECONDS * 1e6 + first * 80 == (1_000 - first) * 20


@pytest.mark.parametrize(
    ("changes", "ready_us", "index_us", "first"),
    [
        (1_000, 20, 980, FEWEST_ACTIONS), (1_000, 5, 95, FEWEST_ACTIONS),
        (1_000, 3, 80, 1_000),  # hides less than a request costs
        (200, 20, 80, 200), (250, 20, 80, FEWEST_ACTIONS), (1_000, 0, 80, 1_000),
        (FEWEST_ACTIONS, 90, 80, FEWEST_ACTIONS), (10, 20, 80, 10), (0, 20, 80, 0),
    ],
)  # fmt: skip
def test_a_part_leads_where_it_hides_more_than_it_costs(
    changes: int, ready_us: float, index_us: int, first: int
) -> None:
    assert pace(ready_us=ready_us, index_us=index_us).lead(changes) == first


def test_slow_requests_halve_the_limit_to_a_floor_and_fast_ones_double_it_to_its_top() -> None:
    learnt = BulkPace()
    limits = []
    for seconds in [6.0] * 6 + [2.0] + [0.5] * 6:
        learnt.answered(1, seconds, b"")
        limits.append(learnt.limit)
    assert limits == [500, 250, 125, 62, FEWEST_ACTIONS, 50, 50, 100, 200, 400, 800, MOST_ACTIONS, MOST_ACTIONS]


def test_one_slow_answer_is_not_believed_at_once() -> None:
    learnt = pace(ready_us=20, index_us=80)
    learnt.answered(1_000, 0.480, answer(480))
    assert learnt.lead(1_000) == round((1_000 * 20 - 3_000) / (20 + 80 + 0.3 * 400))
    for _ in range(30):
        learnt.answered(1_000, 0.480, answer(480))
    assert learnt.lead(1_000) == FEWEST_ACTIONS


def test_nothing_made_ready_teaches_nothing() -> None:
    learnt = pace(ready_us=20, index_us=80)
    learnt.made_ready(0, 5.0)
    assert learnt.lead(1_000) == 170


def test_the_time_between_laps_is_learnt_and_only_after_a_start() -> None:
    times = iter([10.0, 10.02, 10.06])
    learnt = BulkPace(stopwatch=lambda: next(times))
    learnt.lap(1_000)
    assert learnt.ready_seconds == BulkPace().ready_seconds
    learnt.start()
    learnt.lap(1_000)
    assert learnt.ready_seconds == pytest.approx(20e-6)
    learnt.lap(1_000)
    assert learnt.ready_seconds == pytest.approx(40e-6)
