"""Shows the results to people: tables on the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.sync.stages import HELPERS
from bench.sync.targets import Line
from bench.sync.workload import STAGES


def show(result: Mapping[str, Any], lines: Sequence[Line], console: Console) -> None:
    """Prints everything of build/bench.json, and what holds."""
    _arms(result["arms"], "1 KB, no injected round trip", console)
    for workload, arms in result["workloads"].items():
        _arms(arms, workload, console)
    for milliseconds, arms in result["rtt"].items():
        _arms(arms, f"1 KB, round trip {milliseconds} ms", console)
    for size, feeds in result["stages"]["cpu_us_per_record"].items():
        _stages(feeds, f"CPU µs per record at {size}, transport stubbed", console)
    if result["stages"]["instructions_per_record"]:
        _stages(result["stages"]["instructions_per_record"], "instructions per record at 1 KB", console)
    table = Table("must show", "measured", "limit", "holds", title="Issue 6")
    for line in lines:
        measured = "-" if line.measured is None else f"{line.measured:g}"
        table.add_row(line.text, measured, f"{'≥' if line.at_least else '≤'} {line.limit:g}", str(line.holds))
    console.print(table)


def _arms(arms: Mapping[str, Any], title: str, console: Console) -> None:
    table = Table("arm", "docs/s", "min", "max", "of raw", "client CPU µs", title=title)
    for name, arm in arms.items():
        speed = arm["docs_per_second"]
        if speed is None:
            table.add_row(name, f"disqualified: {arm['disqualified']}")
        else:
            numbers = [f"{speed[key]:,}" for key in ("median", "min", "max")]
            table.add_row(name, *numbers, f"{arm['of_raw']}", f"{arm['cpu_us_per_record']}")
    console.print(table)


def _stages(feeds: Mapping[str, Any], title: str, console: Console) -> None:
    columns = (*STAGES, "json_loads", HELPERS)
    table = Table("", *columns, title=title)
    for name, stages in feeds.items():
        table.add_row(name, *(f"{stages.get(stage, '')}" for stage in columns))
    console.print(table)
