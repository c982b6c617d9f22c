"""Measures what the index's definition costs: raw bulk of this one's documents a second against an earlier commit's.

Batches of both take turns in a random order, and the old definition takes part twice: how far its two ratios are from
1.0 is the measurement's noise. CPU is the node's. A round gives each a new index; the first one only warms up.

Example: python -m bench.mapping 30ad970 --size "1 KB"
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import requests

from bench.sync.arm import Target
from bench.sync.arms import raw_bulk
from bench.sync.documents import SIZES, Change, flights, orders
from bench.sync.node import ROOT, pinned_node

DEFINITION = "images/sync_dynamodb_stream/index.json"
OLD, AGAIN, NEW = "old", "old again", "new"

Seconds = dict[str, dict[str, float]]
"""By definition: "wall" and "cpu"."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints the medians of the rounds' ratios to the old definition."""
    parser = argparse.ArgumentParser(prog="python -m bench.mapping", description=__doc__)
    parser.add_argument("commit", help="whose definition is the old one")
    parser.add_argument("--size", choices=[*SIZES, "flights"], default="1 KB", help="which documents (1 KB)")
    parser.add_argument("--documents", type=int, default=10_000, help="each round (10000)")
    parser.add_argument("--rounds", type=int, default=20, help="after one to warm up (20)")
    options = parser.parse_args(arguments)
    old = subprocess.check_output(["git", "show", f"{options.commit}:{DEFINITION}"], cwd=ROOT)
    definitions = {OLD: json.loads(old), NEW: json.loads((ROOT / DEFINITION).read_text()), AGAIN: json.loads(old)}
    count: int = options.documents
    changes = flights(count) if options.size == "flights" else orders(count, SIZES[options.size])
    with tempfile.TemporaryDirectory() as directory, pinned_node(Path(directory)) as node:
        assert node.process is not None
        process = psutil.Process(node.process.pid)
        rounds = [_round(number, definitions, changes, node.url, process) for number in range(options.rounds + 1)][1:]
    for name in definitions:
        speeds = [count / each[name]["wall"] for each in rounds]
        ratios = {
            kind: statistics.median(each[OLD][kind] / each[name][kind] for each in rounds) for kind in rounds[0][OLD]
        }
        shown = ", ".join(f"{kind} {ratio:.3f} of the old one's speed" for kind, ratio in ratios.items())
        print(f"{name}: {statistics.median(speeds):,.0f} documents a second; {shown}")  # noqa: T201 — the output
    return 0


def _round(
    number: int, definitions: Mapping[str, Any], changes: Sequence[Change], url: str, process: psutil.Process
) -> Seconds:
    batches = {}
    for place, (name, definition) in enumerate(definitions.items()):
        index = f"mapping-{place}"
        requests.delete(f"{url}/{index}", timeout=60)
        own = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
        settings = {"index": definition["settings"]["index"] | own}
        requests.put(f"{url}/{index}", json=definition | {"settings": settings}, timeout=60).raise_for_status()
        batches[name] = raw_bulk(changes, Target(url, index), time.time())
    chance = random.Random(number)  # noqa: S311 — an order
    seconds: Seconds = {name: {"wall": 0.0, "cpu": 0.0} for name in definitions}
    for turn in range(max(map(len, batches.values()))):
        for name in chance.sample(list(batches), len(batches)):
            cpu, wall = sum(process.cpu_times()[:2]), time.perf_counter()
            batches[name][turn]()
            seconds[name]["wall"] += time.perf_counter() - wall
            seconds[name]["cpu"] += sum(process.cpu_times()[:2]) - cpu
    return seconds


if __name__ == "__main__":
    sys.exit(main())
