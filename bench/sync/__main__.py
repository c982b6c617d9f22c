"""Measures how fast the sync is on this machine: the arms, round trips, stages, cold starts and memory.

Runs to its end unattended, in 10 to 15 minutes, and leaves build/bench.json and build/bench.svg. Exit code 1 when a
line of what it must show does not hold, or when an arm lost data.

Example: python -m bench.sync --quick --json
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import imports, memory
from bench.sync import plot, report, stages, targets
from bench.sync.arm import Arm
from bench.sync.arms import ARMS, ONE_BY_ONE, raw_bulk
from bench.sync.delay_proxy import delayed
from bench.sync.documents import SIZES, Change, delete_heavy, flights, orders, with_duplicates, zipf
from bench.sync.handlers import Feed
from bench.sync.node import ROOT, pinned_node
from bench.sync.rounds import run_rounds

CORE = ("raw_bulk", *(feed.value for feed in Feed))
RTT_ARMS = (*CORE, "one_request_per_document")


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much is measured."""

    documents: int
    one_by_one: int
    warm_up_rounds: int
    rounds: int
    other_rounds: int
    round_trips_ms: Sequence[int]
    stage_sizes: Mapping[str, int]
    count_instructions: bool
    cold_starts: int
    memory_batches: int


FULL = Extent(
    documents=10_000, one_by_one=600, warm_up_rounds=8, rounds=9, other_rounds=5, round_trips_ms=(0, 1, 5, 20),
    stage_sizes=SIZES, count_instructions=True, cold_starts=7, memory_batches=1_000,
)  # fmt: skip
QUICK = Extent(
    documents=400, one_by_one=50, warm_up_rounds=0, rounds=1, other_rounds=1, round_trips_ms=(5,),
    stage_sizes={"1 KB": SIZES["1 KB"]}, count_instructions=False,
    cold_starts=1, memory_batches=60,
)  # fmt: skip


def measure(extent: Extent, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures everything. Returns the content of build/bench.json."""
    say("stages: CPU of a record with the transport stubbed")
    stage_costs = stages.measure(sizes=extent.stage_sizes, count_instructions=extent.count_instructions)
    say("cold starts")
    cold = {feed.value: imports.measure(feed, runs=extent.cold_starts) for feed in Feed}
    node_core = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, pinned_node(Path(directory)) as node:
        say("warming the node's JVM up")
        documents = orders(extent.documents, SIZES["1 KB"])
        run_rounds({"raw_bulk": (raw_bulk, documents)}, node.url, rounds=extent.warm_up_rounds)
        say("the arms at 1 KB")
        main_arms = _sharing(ARMS, documents, extent.one_by_one)
        arms = run_rounds(main_arms, node.url, rounds=extent.rounds, say=say)
        workloads = {
            name: run_rounds({arm: (ARMS[arm], changes) for arm in CORE}, node.url, rounds=extent.other_rounds, say=say)
            for name, changes in _workloads(extent.documents // 2).items()
        }
        rtt = {}
        for milliseconds in extent.round_trips_ms:
            say(f"round trip {milliseconds} ms")
            half = documents[: extent.documents // 2]
            few = _sharing({name: ARMS[name] for name in RTT_ARMS}, half, extent.one_by_one // 4)
            with delayed(node.url, milliseconds / 1_000, node_core) as url:
                rtt[str(milliseconds)] = run_rounds(few, url, rounds=extent.other_rounds, node_url=node.url, say=say)
    say("memory")
    grown = {feed.value: memory.growth(feed, extent.memory_batches) for feed in Feed}
    return {
        "machine": _machine(),
        "arms": arms,
        "workloads": workloads,
        "stages": stage_costs,
        "cold_start_ms": cold,
        "rtt": rtt,
        "memory_mb": grown,
    }


def _sharing(
    arms: Mapping[str, Arm], documents: Sequence[Change], one_by_one: int
) -> dict[str, tuple[Arm, Sequence[Change]]]:
    """Gives all arms the same documents; those that send one by one get the first of them."""
    first = documents[:one_by_one]
    return {name: (arm, first if name in ONE_BY_ONE else documents) for name, arm in arms.items()}


def _workloads(documents: int) -> dict[str, list[Change]]:
    few = {"0.3 KB": documents, "10 KB": documents // 8, "100 KB": documents // 60}
    sized = {name: orders(count, SIZES[name]) for name, count in few.items()}
    return sized | {
        "flights": flights(documents),
        "delete-heavy": delete_heavy(documents),
        "30% duplicates": with_duplicates(documents),
        "Zipf keys": zipf(documents),
    }


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it. Returns 0 when everything holds, else 1; with --quick, which measures little, only lost data counts."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small form of everything: half a minute, no targets")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="where the files go (default: build)")
    options = parser.parse_args(arguments)
    progress = Console(stderr=True)
    result = measure(QUICK if options.quick else FULL, lambda text: progress.print(text, style="dim", highlight=False))
    lines = targets.lines(result)
    result["must_show"] = [line._asdict() | {"holds": line.holds} for line in lines]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.json").write_text(json.dumps(result, indent=2) + "\n")
    (options.out / "bench.svg").write_text(plot.bars(result["arms"], "1 KB documents into one OpenSearch shard"))
    if options.json:
        print(json.dumps(result))  # noqa: T201 — this command's output
    else:
        report.show(result, lines, Console(width=120))
    lost = _disqualified(result)
    return 1 if lost or not (options.quick or all(line.holds for line in lines)) else 0


def _disqualified(result: Mapping[str, Any]) -> bool:
    groups = [result["arms"], *result["workloads"].values(), *result["rtt"].values()]
    return any(arm.get("disqualified") for group in groups for arm in group.values())


if __name__ == "__main__":
    sys.exit(main())
