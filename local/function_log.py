"""Reads a function's log lines, each once, as often as asked: also of a function that has not written any yet."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

OVERLAP_MILLISECONDS = 5_000
"""A line may come to light after one with a later time: what is this close to the newest is looked at again."""


class FunctionLog:
    """One function's log. The embedded AWS gives at most 10,000 lines at once, the oldest, and no token for more."""

    def __init__(self, logs: Any, function: str) -> None:
        self.function = function
        self._logs = logs
        self._newest = 0
        self._seen: Counter[tuple[str, int]] = Counter()

    def new_lines(self) -> Iterator[tuple[int, str]]:
        """Yields the time, in milliseconds, and the text of each line that wasn't there before."""
        start = None
        last = max(0, self._newest - OVERLAP_MILLISECONDS)
        while last != start:
            start = last
            events = self._events(start)
            yield from self._new(events)
            last = events[-1]["timestamp"] if events else start
        oldest = self._newest - OVERLAP_MILLISECONDS
        self._seen = Counter({key: count for key, count in self._seen.items() if key[1] >= oldest})

    def _events(self, start: int) -> list[dict[str, Any]]:
        try:
            answer = self._logs.filter_log_events(logGroupName=f"/aws/lambda/{self.function}", startTime=start)
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        events: list[dict[str, Any]] = answer["events"]
        return events

    def _new(self, events: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
        """A stream has several lines of one time, always in the same order: they are told apart by their count."""
        here: Counter[tuple[str, int]] = Counter()
        for event in events:
            key = (event["logStreamName"], event["timestamp"])
            here[key] += 1
            if here[key] > self._seen[key]:
                self._seen[key] += 1
                self._newest = max(self._newest, event["timestamp"])
                yield event["timestamp"], event["message"].rstrip("\n")
