"""What the measurements must show: a line each, with its number, its limit and whether it holds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.memory import ALLOWED_GROWTH_MB
from bench.sync.handlers import Feed
from bench.sync.stages import HELPERS

HANDLERS = tuple(feed.value for feed in Feed)
CPU_LIMIT_US = {Feed.DYNAMODB_STREAM.value: 15.0, Feed.KINESIS_STREAM.value: 25.0}
ONE_BY_ONE = "one_request_per_document"


class Line(NamedTuple):
    """One target. `measured` is None when it wasn't measured or its arm was disqualified; then it doesn't hold."""

    text: str
    measured: float | None
    limit: float
    at_least: bool

    @property
    def holds(self) -> bool:
        """Says whether the number is on the right side of its limit."""
        if self.measured is None:
            return False
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def lines(result: Mapping[str, Any]) -> list[Line]:
    """Lists what the sync must show, from build/bench.json's content."""
    arms, rtt = result["arms"], result["rtt"]
    cpu = result["stages"]["cpu_us_per_record"]["1 KB"]
    at_5_ms = rtt.get("5", {})
    found = [Line(f"{name} at 1 KB, of raw bulk", arms[name]["of_raw"], 0.90, True) for name in HANDLERS]
    found += [
        Line(f"{name} at 5 ms round trip, of raw bulk", at_5_ms.get(name, {}).get("of_raw"), 0.85, True)
        for name in HANDLERS
    ]
    found += [
        Line(f"{name}, CPU µs per 1 KB record", cpu[name]["whole"], CPU_LIMIT_US[name], False) for name in HANDLERS
    ]
    found += [
        Line(f"{HELPERS} on its feed: CPU of {name}'s", _ratio(cpu[name][HELPERS], cpu[name]["whole"]), 4.0, True)
        for name in HANDLERS
    ]
    for other, times in ((ONE_BY_ONE, 25.0), (HELPERS, 3.0)):
        found += [
            Line(f"{name}: times the documents per second of {other}", _ratio(_speed(arms, name), _speed(arms, other)),
                 times, True)
            for name in HANDLERS
        ]  # fmt: skip
    for name in HANDLERS:
        cold = result["cold_start_ms"].get(name, {})
        found.append(Line(f"{name}: ms of import", cold.get("import"), 150.0, False))
        found.append(Line(f"{name}: ms of import to first record handled", cold.get("to_first_record"), 200.0, False))
    for name in HANDLERS:
        growth = result["memory_mb"].get(name, {}).get("growth")
        found.append(Line(f"{name}: MB grown after the 50th batch", growth, ALLOWED_GROWTH_MB, False))
    return found


def _speed(arms: Mapping[str, Any], name: str) -> float | None:
    speed = arms.get(name, {}).get("docs_per_second")
    return speed["median"] if speed else None


def _ratio(one: float | None, other: float | None) -> float | None:
    return round(one / other, 2) if one and other else None
