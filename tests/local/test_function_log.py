"""A function's log is read as it grows: each line once, in its order, whatever the embedded AWS leaves out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.function_log import OVERLAP_MILLISECONDS, FunctionLog
from tests.service_models.fake_client import speaks

MOST = 4


class NotFound(Exception):
    """The log group doesn't exist."""


@speaks("logs")
class FakeLogs:
    """Answers as MiniStack does: the oldest lines from a time on, so many at most, and no token."""

    class exceptions:
        ResourceNotFoundException = NotFound

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] | None = None

    def filter_log_events(self, *, logGroupName: str, startTime: int) -> dict[str, Any]:
        assert logGroupName == "/aws/lambda/f"
        if self.events is None:
            raise NotFound
        chosen = [event for event in self.events if event["timestamp"] >= startTime]
        return {"events": sorted(chosen, key=lambda event: event["timestamp"])[:MOST]}

    def write(self, at: int, *texts: str, stream: str = "s") -> None:
        new = [{"timestamp": at, "message": f"{text}\n", "logStreamName": stream} for text in texts]
        self.events = [*(self.events or []), *new]


def texts(log: FunctionLog) -> list[str]:
    return [text for _, text in log.new_lines()]


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs()


@pytest.fixture
def log(logs: FakeLogs) -> FunctionLog:
    return FunctionLog(logs, "f")


def test_a_log_that_does_not_exist_yet_is_empty_and_read_when_it_does(logs: FakeLogs, log: FunctionLog) -> None:
    assert texts(log) == []
    logs.write(1, "first")
    assert texts(log) == ["first"]
    assert texts(log) == []


def test_more_lines_than_one_answer_has_are_all_read(logs: FakeLogs, log: FunctionLog) -> None:
    for number in range(11):
        logs.write(number, str(number))
    assert texts(log) == [str(number) for number in range(11)]


def test_equal_lines_of_one_time_are_as_many_as_were_written(logs: FakeLogs, log: FunctionLog) -> None:
    logs.write(7, "same", "same")
    logs.write(7, "same", stream="other")
    assert texts(log) == ["same"] * 3
    logs.write(7, "same")
    assert texts(log) == ["same"]


def test_a_line_that_comes_to_light_late_is_read(logs: FakeLogs, log: FunctionLog) -> None:
    logs.write(OVERLAP_MILLISECONDS, "newest")
    assert texts(log) == ["newest"]
    logs.write(1, "late", stream="other")
    assert texts(log) == ["late"]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.booleans()), max_size=40))
def test_every_line_is_read_once_whenever_one_looks(plan: list[tuple[int, str, bool]]) -> None:
    logs, read, now = FakeLogs(), [], 0
    log = FunctionLog(logs, "f")
    for number, (later, stream, look) in enumerate(plan):
        now += later * OVERLAP_MILLISECONDS  # so that the overlap is left behind, too
        if sum(event["timestamp"] == now for event in logs.events or []) < MOST - 1:  # more of one time are not told
            logs.write(now, str(number), stream=stream)
        read += texts(log) if look else []
    read += texts(log)
    assert sorted(read) == sorted(event["message"].rstrip() for event in logs.events or [])
