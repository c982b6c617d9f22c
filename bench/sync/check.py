"""Checks the cost of a record against the committed baseline: fails when a handler costs over 15% more.

Costs are given in parts of a fixed reference workload that is measured in the same run, so that the machine's speed and
the interpreter's version cancel: in instructions where valgrind is, else in CPU time. Exit code 1 when dearer.

Example: python -m bench.sync.check --update
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.sync.handlers import Feed
from bench.sync.instructions import can_count, instructions_per_record
from bench.sync.stages import cpu_us_per_record
from bench.sync.workload import RECORDS, REFERENCE, work

BASELINE = Path(__file__).resolve().parent.parent / "baseline.json"
TOLERANCE = 0.15
ROUNDS = 25

Costs = dict[str, float]
"""By handler: its cost of a record as a multiple of the reference workload's."""


def costs_in_instructions() -> Costs:
    """Counts by valgrind: about 40 s."""
    reference = instructions_per_record(REFERENCE)
    return {feed.value: round(instructions_per_record(f"{feed}.whole") / reference, 4) for feed in Feed}


def costs_in_cpu_time() -> Costs:
    """Measures process CPU, the least of many short turns: a few seconds."""
    pieces = {name: work(name) for name in (REFERENCE, *(f"{feed}.whole" for feed in Feed))}
    best = dict.fromkeys(pieces, float("inf"))
    for _ in range(ROUNDS):
        for name, piece in pieces.items():
            best[name] = min(best[name], cpu_us_per_record(piece, RECORDS, 1))
    return {feed.value: round(best[f"{feed}.whole"] / best[REFERENCE], 4) for feed in Feed}


def dearer(measured: Mapping[str, float], baseline: Mapping[str, float]) -> list[str]:
    """Lists a line for each handler that costs over 15% more than the baseline, or that the baseline lacks."""
    lines = []
    for name, cost in measured.items():
        before = baseline.get(name)
        if before is None:
            lines.append(f"{name}: not in the baseline; run with --update")
        elif cost > before * (1 + TOLERANCE):
            lines.append(f"{name}: {cost:.3f} of the reference, was {before:.3f}: {cost / before - 1:+.0%}")
    return lines


MEASURES: Mapping[str, Callable[[], Costs]] = {
    "instructions": costs_in_instructions,
    "cpu_time": costs_in_cpu_time,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it. Returns 0 when nothing costs more, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync.check", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write both measures to the baseline instead")
    parser.add_argument("--measure", choices=list(MEASURES), help="default: instructions where valgrind is")
    parser.add_argument("--json", action="store_true", help="print the measured costs as JSON")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.update:
        if not can_count():
            parser.error("--update needs valgrind, so that the baseline holds both measures")
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        costs: dict[str, Any] = {"made_on": machine} | {name: measure() for name, measure in MEASURES.items()}
        options.baseline.write_text(json.dumps(costs, indent=2) + "\n")
        return 0
    name = options.measure or ("instructions" if can_count() else "cpu_time")
    measured = MEASURES[name]()
    findings = dearer(measured, json.loads(options.baseline.read_text())[name])
    if options.json:
        _say(json.dumps({name: measured}))
    else:
        _say(f"{name} a record, as a multiple of the reference: {measured}")
    for line in findings:
        print(f"DEARER {line}", file=sys.stderr)  # noqa: T201 — this command's output
    return 1 if findings else 0


def _say(text: str) -> None:
    print(text)  # noqa: T201 — this command's output


if __name__ == "__main__":
    sys.exit(main())
