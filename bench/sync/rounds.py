"""Runs arms on the same changes, interleaved round by round, and looks at the index after each run."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.sync import contents
from bench.sync.arms import Arm, Target
from bench.sync.documents import Change
from bench.sync.node import fresh_index


@dataclass(kw_only=True)
class ArmResult:
    """One arm on one workload. CPU is this process', in microseconds a change."""

    docs_per_second: list[float] = field(default_factory=list)
    cpu_us_per_record: list[float] = field(default_factory=list)
    disqualified: str | None = None

    def as_json(self, raw: float | None) -> dict[str, Any]:
        """`of_raw` is null without a raw arm; everything is, for an arm that lost data."""
        if self.disqualified or not self.docs_per_second:
            nothing = dict.fromkeys(("docs_per_second", "cpu_us_per_record", "of_raw"))
            return nothing | {"disqualified": self.disqualified}
        speeds = self.docs_per_second
        median = statistics.median(speeds)
        return {
            "docs_per_second": {"median": round(median), "min": round(min(speeds)), "max": round(max(speeds))},
            "cpu_us_per_record": round(statistics.median(self.cpu_us_per_record), 2),
            "of_raw": round(median / raw, 3) if raw else None,
        }


def run_rounds(
    arms: Mapping[str, tuple[Arm, Sequence[Change]]],
    url: str,
    *,
    rounds: int,
    node_url: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Each arm on its changes, so many times; gives `{arm: {...}}`. `node_url` is where to look, past a proxy."""
    node = Target(node_url or url, "bench")
    results = {name: ArmResult() for name in arms}
    wanted = {id(changes): contents.expected(changes) for _, changes in arms.values()}
    for number in range(rounds):
        for name, (arm, changes) in arms.items():
            result = results[name]
            if result.disqualified:
                continue
            fresh_index(node)
            run = arm(changes, Target(url, "bench"), time.time())
            gc.collect()
            started, cpu_started = time.perf_counter(), time.process_time()
            run()
            cpu, seconds = time.process_time() - cpu_started, time.perf_counter() - started
            result.disqualified = contents.difference(wanted[id(changes)], contents.found(*node))
            result.docs_per_second.append(len(changes) / seconds)
            result.cpu_us_per_record.append(cpu / len(changes) * 1e6)
            say(f"round {number + 1}: {name} {len(changes) / seconds:,.0f} a second {result.disqualified or ''}")
    raw = results.get("raw_bulk")
    limit = statistics.median(raw.docs_per_second) if raw and raw.docs_per_second and not raw.disqualified else None
    return {name: result.as_json(limit) for name, result in results.items()}
