"""DynamoDB's time on an operator's machine: it is never ahead, however long the answer takes."""

from ops.table_clock import table_clock
from tests.fakes import FakeClock


def test_it_runs_on_from_the_answer_and_asks_once() -> None:
    stopwatch = FakeClock(now=50.0)
    asked = 0

    def now() -> int:
        nonlocal asked
        asked += 1
        stopwatch.now += 7  # on its way back, maybe
        return 1_000_000_000

    clock = table_clock(now, stopwatch)
    assert clock() == 1_000.0
    stopwatch.now += 2.5
    assert (clock(), asked) == (1_002.5, 1)
