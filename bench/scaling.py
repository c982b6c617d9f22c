"""Computes shards, concurrency and index cores from a record's measured cost, and how fast a lag is caught up.

Reads build/bench.json where `make bench` has left one, else the numbers of docs/scaling.md. The outage is simulated
second by second, with seeded randomness, for one lane of a shard and the index behind all of them.

Example: python -m bench.scaling --rate 10000 --seed 7 --json
"""

import argparse
import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BENCH = Path(__file__).resolve().parent.parent / "build" / "bench.json"
RATES = (1_000, 10_000, 100_000, 1_000_000)

RECORD_BYTES = {"sync_dynamodb_stream": 1_600, "sync_kinesis_stream": 1_500}
"""Of a 1 KB document: its record in an event, and before base64 in a shard."""
SHARD_RECORDS_PER_SECOND, SHARD_BYTES_PER_SECOND = 1_000, 1_000_000  # Kinesis: "Quotas and limits"
SHARD_READ_BYTES_PER_SECOND = 2_000_000
STREAM_READ_BYTES_PER_SECOND = 4_000_000  # GetRecords gives 1 MB, at four polls a second: an inference, no quota
STREAM_SHARD_RECORDS_PER_SECOND = 1_000  # a partition takes 1,000 write units: DynamoDB guide, "Partitions"
MOST_LANES_A_SHARD = 10  # ParallelizationFactor
MEMORY_OF_A_VCPU_MB = 1_769  # "Lambda quotas"
BATCH = 1_000
BUSY = 0.7
"""How much of a lane's or the index's time is planned: what is left is for bursts and for catching up."""
INVOCATION_SECONDS = 0.015
"""What an invocation costs beside its records: poll, hand-over and two round trips. An assumption, not measured."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Of a 1 KB record: seconds of a vCPU in the function, with its runtime's JSON, and of one core in the index."""

    function_seconds: float
    index_seconds: float


ASSUMED = {
    "sync_dynamodb_stream": Costs(function_seconds=24e-6, index_seconds=70e-6),
    "sync_kinesis_stream": Costs(function_seconds=29e-6, index_seconds=70e-6),
}
"""As measured on the machine of docs/scaling.md."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a rate needs. `lanes` is concurrency; `index_cores` are this machine's cores, kept busy by `BUSY`."""

    rate: int
    shards: int
    lanes_a_shard: int
    lanes: int
    memory_mb: int
    lane_records_per_second: int
    function_vcpus: float
    index_cores: int
    read_limit: float
    """Records a second that can be read from the shards."""


def plan(consumer: str, rate: int, costs: Costs, memory_mb: int = 512) -> Plan:
    """Computes shards and lanes for a rate of changes of 1 KB."""
    in_kinesis = consumer == "sync_kinesis_stream"
    if in_kinesis:
        by_bytes = rate * RECORD_BYTES[consumer] / SHARD_BYTES_PER_SECOND
        shards = math.ceil(max(rate / SHARD_RECORDS_PER_SECOND, by_bytes) / BUSY)
    else:
        shards = math.ceil(rate / STREAM_SHARD_RECORDS_PER_SECOND / BUSY)
    lane = lane_rate(costs, memory_mb)
    shard_read = SHARD_READ_BYTES_PER_SECOND if in_kinesis else STREAM_READ_BYTES_PER_SECOND
    lanes_a_shard = min(MOST_LANES_A_SHARD, math.ceil(rate / shards / (lane * BUSY)))
    return Plan(
        rate=rate,
        shards=shards,
        lanes_a_shard=lanes_a_shard,
        lanes=shards * lanes_a_shard,
        memory_mb=memory_mb,
        lane_records_per_second=round(lane),
        function_vcpus=round(rate * costs.function_seconds, 2),
        index_cores=math.ceil(rate * costs.index_seconds / BUSY),
        read_limit=shards * shard_read / RECORD_BYTES[consumer],
    )


def lane_rate(costs: Costs, memory_mb: int) -> float:
    """Computes the records a second that one lane can take with full batches, when the index has time."""
    vcpu = min(1.0, memory_mb / MEMORY_OF_A_VCPU_MB)  # one lane is one process of one thread
    return BATCH / (INVOCATION_SECONDS + BATCH * (costs.function_seconds / vcpu + costs.index_seconds))


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """After the outage: minutes until the lag is below two seconds again, and the most records that waited."""

    minutes: float | None
    most_waiting: int
    oldest_seconds: int


def recover(made: Plan, costs: Costs, *, outage_seconds: int, seed: int, longest_seconds: int = 24 * 3_600) -> Recovery:
    """Simulates random arrivals around the rate; all lanes share the index' cores. None: not within a day."""
    chance = random.Random(seed)  # noqa: S311 — a simulation
    capacity = min(
        made.lanes * lane_rate(costs, made.memory_mb), made.index_cores / costs.index_seconds, made.read_limit
    )
    waiting, most = 0.0, 0.0
    for second in range(longest_seconds):
        waiting += max(0.0, chance.gauss(made.rate, math.sqrt(made.rate)))
        if second >= outage_seconds:
            waiting = max(0.0, waiting - capacity)
        most = max(most, waiting)
        if second >= outage_seconds and waiting / made.rate < 2.0:
            minutes = round((second - outage_seconds) / 60, 1)
            return Recovery(minutes=minutes, most_waiting=round(most), oldest_seconds=outage_seconds)
    return Recovery(minutes=None, most_waiting=round(most), oldest_seconds=round(waiting / made.rate))


def measured_costs(bench: Mapping[str, Any]) -> dict[str, Costs]:
    """Reads costs from build/bench.json's content."""
    raw = bench["arms"]["raw_bulk"]["docs_per_second"]["median"]
    cpu = bench["stages"]["cpu_us_per_record"]["1 KB"]
    return {
        name: Costs(function_seconds=(cpu[name]["whole"] + cpu[name]["json_loads"]) / 1e6, index_seconds=1 / raw)
        for name in RECORD_BYTES
    }


def study(costs: Mapping[str, Costs], rates: Sequence[int], *, outage_seconds: int, seed: int) -> list[dict[str, Any]]:
    """Makes a row for each consumer and rate."""
    rows = []
    for name, cost in costs.items():
        for rate in rates:
            made = plan(name, rate, cost)
            found = recover(made, cost, outage_seconds=outage_seconds, seed=seed)
            rows.append({"consumer": name} | asdict(made) | {"recovery": asdict(found)})
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it. Returns 0 always: it shows, it doesn't judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__)
    parser.add_argument("--rate", type=int, help="changes a second (default: 1,000 to 1,000,000)")
    parser.add_argument("--outage-minutes", type=int, default=60, help="how long nothing is taken (default: 60)")
    parser.add_argument("--seed", type=int, default=7, help="of the arrivals (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    costs = measured_costs(json.loads(BENCH.read_text())) if BENCH.exists() else ASSUMED
    rates = (options.rate,) if options.rate else RATES
    rows = study(costs, rates, outage_seconds=options.outage_minutes * 60, seed=options.seed)
    if options.json:
        print(json.dumps(rows, indent=2))  # noqa: T201 — this command's output
    else:
        _show(rows, Console(width=130))
    return 0


def _show(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    table = Table("consumer", "changes/s", "shards", "factor", "concurrency", "lane, records/s", "function vCPUs",
                  "index cores", "caught up after, min")  # fmt: skip
    for row in rows:
        numbers = (row["rate"], row["shards"], row["lanes_a_shard"], row["lanes"], row["lane_records_per_second"])
        minutes = row["recovery"]["minutes"]
        table.add_row(
            row["consumer"], *(f"{number:,}" for number in numbers), f"{row['function_vcpus']:g}",
            f"{row['index_cores']:,}", "not in a day" if minutes is None else f"{minutes:g}",
        )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
