"""Measures where a record's CPU goes: decode, plan, encode, classify and the whole handler, the transport stubbed."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.sync.documents import SIZES, orders
from bench.sync.handlers import Feed
from bench.sync.instructions import can_count, instructions_per_record
from bench.sync.stubbed_helpers import stubbed_helpers_bulk
from bench.sync.workload import STAGES, records_at, work

REPETITIONS = 15
HELPERS = "type_deserializer_helpers_bulk"
"""Whole as well: what the same feed costs with it."""


def cpu_us_per_record(piece: Callable[[], object], records: int, repetitions: int = REPETITIONS) -> float:
    """Measures process CPU: the least of some repetitions, because any disturbance only adds."""
    best = float("inf")
    for _ in range(repetitions):
        gc.collect()
        started = time.process_time_ns()
        piece()
        best = min(best, time.process_time_ns() - started)
    return best / 1_000 / records


def measure(*, sizes: Mapping[str, int] = SIZES, count_instructions: bool = True) -> dict[str, Any]:
    """Measures `{"cpu_us_per_record": {size: {feed: {stage: µs}}}, "instructions_per_record": {feed: {stage: n}}}`."""
    cpu = {name: _at(size) for name, size in sizes.items()}
    counted = _instructions(STAGES) if count_instructions and can_count() else None
    return {"cpu_us_per_record": cpu, "instructions_per_record": counted}


def _at(size_bytes: int) -> dict[str, Any]:
    records = records_at(size_bytes)
    changes = orders(records, size_bytes)
    return {
        feed.value: {
            stage: round(cpu_us_per_record(work(f"{feed}.{stage}", size_bytes), records), 2)
            for stage in (*STAGES, "json_loads")
        }
        | {HELPERS: round(cpu_us_per_record(stubbed_helpers_bulk(feed, changes), records, 5), 2)}
        for feed in Feed
    }


def _instructions(stages: Sequence[str]) -> dict[str, dict[str, int]]:
    return {feed.value: {stage: round(instructions_per_record(f"{feed}.{stage}")) for stage in stages} for feed in Feed}
