"""The scaling study: more changes need more of everything, and an outage is caught up as arithmetic says."""

import itertools
import json
from dataclasses import replace

import pytest

from bench.scaling import ASSUMED, RATES, lane_rate, main, measured_costs, plan, recover

STREAMS = ASSUMED["sync_dynamodb_stream"]


@pytest.mark.parametrize("consumer", ASSUMED)
def test_more_changes_need_no_fewer_of_anything(consumer: str) -> None:
    plans = [plan(consumer, rate, ASSUMED[consumer]) for rate in RATES]
    for less, more in itertools.pairwise(plans):
        assert (less.shards, less.lanes, less.index_cores) <= (more.shards, more.lanes, more.index_cores)
    assert all(made.lanes * made.lane_records_per_second > made.rate for made in plans)


def test_more_memory_makes_a_lane_faster_up_to_one_vcpu() -> None:
    small, full, larger = (lane_rate(STREAMS, memory) for memory in (512, 1_769, 10_240))
    assert small < full == larger


def test_an_outage_is_caught_up_after_the_backlog_over_the_spare_capacity() -> None:
    made = plan("sync_dynamodb_stream", 10_000, STREAMS)
    capacity = made.index_cores / STREAMS.index_seconds
    minutes = recover(made, STREAMS, outage_seconds=600, seed=7).minutes
    assert minutes == pytest.approx(10_000 * 600 / (capacity - 10_000) / 60, rel=0.05)
    assert recover(made, STREAMS, outage_seconds=600, seed=7).minutes == minutes


def test_without_spare_capacity_it_is_never_caught_up() -> None:
    made = replace(plan("sync_dynamodb_stream", 30_000, STREAMS), index_cores=2)
    assert recover(made, STREAMS, outage_seconds=600, seed=7, longest_seconds=5_000).minutes is None


def test_costs_come_from_what_make_bench_left() -> None:
    cpu = {name: {"whole": 12.0, "json_loads": 8.0} for name in ASSUMED}
    bench = {"arms": {"raw_bulk": {"docs_per_second": {"median": 10_000}}},
             "stages": {"cpu_us_per_record": {"1 KB": cpu}}}  # fmt: skip
    costs = measured_costs(bench)["sync_kinesis_stream"]
    assert costs.function_seconds == pytest.approx(20e-6)
    assert costs.index_seconds == pytest.approx(1e-4)


def test_the_command_prints_its_rows_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rate", "5000", "--outage-minutes", "5", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["rate"] for row in rows] == [5_000, 5_000]
