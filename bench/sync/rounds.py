"""Runs arms on the same changes, interleaved batch by batch, and looks at every index after each round.

A round gives each arm a new index and takes turns: a batch of each, in a new order every time. So what comes
and goes on the machine (merges, the JVM's collections, a neighbour) meets all arms alike, and the ratio of
two arms in a round says more than their speeds do.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.sync import contents
from bench.sync.arm import Arm, Target
from bench.sync.documents import Change
from bench.sync.node import fresh_index

RAW = "raw_bulk"


@dataclass(kw_only=True)
class ArmResult:
    """One arm on one workload. CPU is this process', in microseconds a change. An entry a round."""

    docs_per_second: list[float] = field(default_factory=list)
    cpu_us_per_record: list[float] = field(default_factory=list)
    disqualified: str | None = None

    def as_json(self, raw: "ArmResult | None") -> dict[str, Any]:
        """`of_raw`, the median of the rounds' ratios, is null without a raw arm; all is, for an arm that lost data."""
        if self.disqualified or not self.docs_per_second:
            nothing = dict.fromkeys(("docs_per_second", "cpu_us_per_record", "of_raw"))
            return nothing | {"disqualified": self.disqualified}
        speeds = self.docs_per_second
        ratios = [own / limit for own, limit in zip(speeds, raw.docs_per_second, strict=True)] if raw else []
        return {
            "docs_per_second": {
                "median": round(statistics.median(speeds)), "min": round(min(speeds)), "max": round(max(speeds)),
            },
            "cpu_us_per_record": round(statistics.median(self.cpu_us_per_record), 2),
            "of_raw": round(statistics.median(ratios), 3) if ratios else None,
        }  # fmt: skip


def run_rounds(
    arms: Mapping[str, tuple[Arm, Sequence[Change]]],
    url: str,
    *,
    rounds: int,
    node_url: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Runs each arm on its changes, `rounds` times. Gives `{arm: {...}}`; `node_url` leads past a proxy."""
    results = {name: ArmResult() for name in arms}
    wanted = {id(changes): contents.expected(changes) for _, changes in arms.values()}
    for number in range(rounds):
        taking_part = {name: arm for name, arm in arms.items() if not results[name].disqualified}
        seconds, cpu = _round(number, taking_part, url, node_url or url)
        for name, (_, changes) in taking_part.items():
            result, held = results[name], contents.found(node_url or url, _index(name))
            result.disqualified = contents.difference(wanted[id(changes)], held)
            result.docs_per_second.append(len(changes) / seconds[name])
            result.cpu_us_per_record.append(cpu[name] / len(changes) * 1e6)
            say(f"round {number + 1}: {name} {len(changes) / seconds[name]:,.0f} a second {result.disqualified or ''}")
    raw = results.get(RAW)
    limit = raw if raw and not raw.disqualified else None
    return {name: result.as_json(limit) for name, result in results.items()}


def _round(
    number: int, arms: Mapping[str, tuple[Arm, Sequence[Change]]], url: str, node_url: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Runs one round. Gives wall and CPU seconds of each arm."""
    for name in arms:
        fresh_index(Target(node_url, _index(name)))
    now = time.time()
    batches = {name: arm(changes, Target(url, _index(name)), now) for name, (arm, changes) in arms.items()}
    wall, cpu = dict.fromkeys(arms, 0.0), dict.fromkeys(arms, 0.0)
    gc.collect()
    names = list(batches)
    chance = random.Random(number)  # noqa: S311 — an order
    for turn in range(max(map(len, batches.values()))):
        chance.shuffle(names)  # what one leaves the node to do must not always fall on the same other one
        for name in names:
            if turn >= len(batches[name]):
                continue
            run = batches[name][turn]
            started, cpu_started = time.perf_counter(), time.process_time()
            run()
            cpu[name] += time.process_time() - cpu_started
            wall[name] += time.perf_counter() - started
    return wall, cpu


def _index(arm: str) -> str:
    return f"bench-{arm.replace('_', '-')}"
