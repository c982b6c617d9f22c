"""A walk stays below the read capacity that it was given: on average, over all its threads."""

from ops.verify.table_walk import ReadBudget
from tests.fakes import FakeClock


def test_threads_that_spend_at_once_wait_one_after_the_other() -> None:
    waits: list[float] = []
    budget = ReadBudget(10.0, clock=FakeClock(now=0.0), sleep=waits.append)
    for _ in range(3):
        budget.spend(20.0)
    assert waits == [2.0, 4.0, 6.0]


def test_a_pause_is_not_made_up_for() -> None:
    clock = FakeClock(now=0.0)
    budget = ReadBudget(10.0, clock=clock, sleep=clock.sleep)
    budget.spend(20.0)
    clock.now += 100.0
    budget.spend(20.0)
    assert clock.slept == [2.0, 2.0]


def test_without_a_limit_nothing_waits() -> None:
    clock = FakeClock()
    ReadBudget(None, clock=clock, sleep=clock.sleep).spend(1e9)
    assert clock.slept == []
