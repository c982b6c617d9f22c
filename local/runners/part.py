"""What runs outside the embedded AWS: the stack starts, reports and stops it without knowing its kind."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from typing import Any, Protocol

from local.runners.counters import RunnerStatus


class Runner(Protocol):
    """Does in threads what AWS would do by itself."""

    def start(self) -> None:
        """Begins; returns at once."""

    def stop(self) -> bool:
        """Ends in order; False when something was still busy after the time."""

    def status(self) -> RunnerStatus:
        """Returns the counters."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A runner that the program's resources asked for. Kind and name are those of `python -m local status`.

    `hands_over_to` are the parts that take this one's work: they start before it and stop after it.
    """

    kind: str
    name: str
    runner: Any
    """A `Runner`; what else it can do depends on the kind."""
    hands_over_to: Sequence["Part"] = ()


def start_parts(parts: Iterable[Part]) -> None:
    """Starts all parts, each after those that it hands over to."""
    for group in _groups(parts):
        for part in group:
            part.runner.start()


def stop_parts(parts: Iterable[Part]) -> None:
    """Stops all parts, each before those that it hands over to."""
    for group in reversed(_groups(parts)):
        with ThreadPoolExecutor(len(group)) as pool:  # each waits for its threads: together, not in turn
            list(pool.map(lambda part: part.runner.stop(), group))


def parts_status(parts: Iterable[Part]) -> dict[str, dict[str, dict[str, Any]]]:
    """Returns kind → name → counters."""
    status: dict[str, dict[str, dict[str, Any]]] = {}
    for part in parts:
        status.setdefault(part.kind, {})[part.name] = asdict(part.runner.status())
    return status


def _groups(parts: Iterable[Part]) -> list[tuple[Part, ...]]:
    """Sorts parts into groups: each hands over to earlier groups only."""
    sorter = TopologicalSorter({part: part.hands_over_to for part in parts})
    sorter.prepare()
    groups = []
    while sorter.is_active():
        groups.append(sorter.get_ready())
        sorter.done(*groups[-1])
    return groups
