"""Looks for false alarms: repeats `verify` over a table and a real index that change at a measured rate, with lag.

MiniStack is the table, one OpenSearch node the index, and the real handler carries the changes (`bench/live_load.py`).
The first half of the time nothing is wrong, so every difference that is reported is a false alarm. Then some items that
do not change, among those that do, are made to differ: each later run must report exactly these. At the end the writer
stops and a repair must leave both sides equal. Prints JSON. Exit code 0 only if all of it held, at the rate asked for.

Example: python -m bench.verify_live --changes-per-second 500 --seconds 120
"""

import argparse
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

from bench.items import identifier
from bench.live_load import LAGS_KEPT, Counts, Place, carrier, put_all, writer
from bench.measurement import leave, parser, say
from changefeed.create_index import create_index
from changefeed.write.bulk_transport import BulkTransport
from infra.sync.index import index_definition
from lambda_kit.search_client import create_search_client
from local.services.ministack import REGION, MiniStack
from local.services.opensearch_node import OpenSearchNode
from local.services.ports import free_port
from ops.verify.index_walk import Index
from ops.verify.looks import Kind, read_looks
from ops.verify.table_walk import Table
from ops.verify.verification import Plan, Report, verify

NAME = "live"
HOT_ITEMS = 100
SEEDED_OF_A_KIND = 10
WRITTEN_FASTER = 1.12
"""Than what is asked for: changes of one item that meet in a batch are written once."""
PATIENCE_SECONDS = 180.0


@contextlib.contextmanager
def services(directory: Path) -> Iterator[Place]:
    """Runs MiniStack with the table and its stream, and a node with the consumer's index."""
    ministack = MiniStack(port=free_port(4800, 4899), directory=directory / "aws", log_file=directory / "aws.log")
    node = OpenSearchNode(
        port=free_port(9210, 9290), directory=directory / "data", log_file=directory / "node.log", say=say
    )
    try:
        ministack.launch()
        node.start()
        ministack.wait()
        place = Place(aws_url=ministack.endpoint_url, search_url=node.url, table=NAME, stream_arn="", index=NAME)
        table = place.client("dynamodb").create_table(
            TableName=NAME,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        definition = index_definition("sync_dynamodb_stream")
        create_index(create_search_client(node.url, REGION), index=NAME, alias=None, definition=definition)
        yield Place(**{**vars(place), "stream_arn": str(table["LatestStreamArn"])})
    finally:
        ministack.stop()
        node.stop()


def operations(place: Place) -> int:
    """Counts the writes and deletes that the node has done, by its statistics."""
    stats = requests.get(f"{place.search_url}/{NAME}/_stats/indexing", timeout=20).json()["_all"]["total"]["indexing"]
    return int(stats["index_total"] + stats["delete_total"] - stats.get("index_failed", 0))


def seed_differences(place: Place, quiet: Sequence[int]) -> dict[str, set[str]]:
    """Makes ten differences of each kind, past the sync. Returns their ids by kind."""
    each = SEEDED_OF_A_KIND
    missing, stale = quiet[:each], quiet[each : each * 2]
    orphans = [f"{identifier(number)}-orphan" for number in quiet[each * 2 : each * 3]]
    version = time.time_ns() // 1_000 - 10_000_000  # above the items', which were written before
    lines: list[Any] = [{"delete": _target(identifier(number), version)} for number in missing]
    for number in stale:
        lines += [{"index": _target(identifier(number), version)}, {"id": identifier(number), "change": -1}]
    for name in orphans:
        lines += [{"index": _target(name, version)}, {"id": name}]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    headers = {"Content-Type": "application/x-ndjson"}
    answer = requests.post(f"{place.search_url}/{NAME}/_bulk?refresh=true", data=body, headers=headers, timeout=20)
    assert not answer.json()["errors"], answer.text[:500]
    return {"missing": set(map(identifier, missing)), "stale": set(map(identifier, stale)), "orphaned": set(orphans)}


def _target(name: str, version: int) -> dict[str, Any]:
    return {"_id": name, "version": version, "version_type": "external"}


def one_verify(place: Place, settle_seconds: float, *, repair: bool = False) -> tuple[Report, dict[str, set[str]]]:
    """Verifies as the command does. Returns the report and the differing ids by kind."""
    with tempfile.TemporaryDirectory(prefix="verify-live-") as directory:
        plan = Plan(
            directory=Path(directory), settle_seconds=settle_seconds, may_repair=(lambda _: True) if repair else None
        )
        table = Table(place.client("dynamodb"), NAME)
        index = Index(create_search_client(place.search_url, REGION), NAME)
        send = BulkTransport(endpoint=place.search_url, index=NAME, region=REGION)
        report = verify(table, index, send, plan, show=_silent)
        found: dict[str, set[str]] = {kind.value: set() for kind in Kind}
        for look in read_looks(report.found.differences):
            found[look.kind.value].add(look.document_id)
        return report, found


@contextlib.contextmanager
def _silent() -> Iterator[Any]:
    yield lambda _items, _documents: None


def runs_until(end: float, place: Place, settle_seconds: float, seeded: dict[str, set[str]]) -> list[dict[str, Any]]:
    """Repeats `verify` until the time is over, at least once, and judges each run against what is seeded."""
    runs: list[dict[str, Any]] = []
    while not runs or time.monotonic() < end:
        report, found = one_verify(place, settle_seconds)
        reported = {(kind, name) for kind, names in found.items() for name in names}
        real = {(kind, name) for kind, names in seeded.items() for name in names}
        runs.append(
            {
                "items": report.items,
                "documents": report.documents,
                "seconds": round(report.seconds, 1),
                "looked_at_again": report.candidates,
                "lagging": report.found.counts["lagging"],
                "in_motion": report.left.counts["in_motion"],
                "seeded": len(real),
                "found": len(reported & real),
                "false_alarms": len(reported - real),
                "some_of_them": sorted(reported - real)[:5],
            }
        )
        say(str(runs[-1]))
    return runs


def measure(place: Place, options: argparse.Namespace) -> dict[str, Any]:
    """Runs the whole measurement. The result's `ok` is true if everything held."""
    numbers = range(options.items)
    chance = random.Random(options.seed)  # noqa: S311 — the same items for the same seed
    quiet = chance.sample(numbers, SEEDED_OF_A_KIND * 3)
    changing = [number for number in numbers if number not in set(quiet)]
    counts = Counts()
    put_all(place, numbers)
    counts.changed.value = options.items
    carries = carrier(place, counts, options.lag)
    writes = writer(place, counts, changing, chance.sample(changing, HOT_ITEMS),
                    options.changes_per_second * WRITTEN_FASTER)  # fmt: skip
    carries.start()
    _wait(lambda: counts.carried.value >= options.items, carries)
    say(f"{options.items:,} items are in the index. Changing them.")
    writes.start()
    _wait(lambda: counts.carried.value > options.items + options.changes_per_second, writes)
    before, started = (counts.changed.value, counts.carried.value, operations(place)), time.monotonic()
    clean = runs_until(started + options.seconds / 2, place, options.settle, {})
    seeded = seed_differences(place, quiet)
    dirty = runs_until(started + options.seconds, place, options.settle, seeded)
    seconds = time.monotonic() - started
    after = (counts.changed.value, counts.carried.value, operations(place))
    assert writes.is_alive(), "the writer has written to the end"
    assert carries.is_alive(), "the carrier has carried to the end"
    kept = counts.lags[:]
    lags = sorted(filter(None, (kept[number % LAGS_KEPT] for number in range(before[1], after[1]))))
    counts.stop_writing.set()
    writes.join(PATIENCE_SECONDS)
    counts.stop_carrying.set()
    carries.join(PATIENCE_SECONDS)
    _, left = one_verify(place, options.settle, repair=True)
    last, nothing = one_verify(place, options.settle)
    runs = clean + dirty
    names = ("table_changes", "records_carried", "index_operations")
    rates = {name: round((new - old) / seconds, 1) for name, old, new in zip(names, before, after, strict=True)}
    result = {
        "seconds": round(seconds, 1),
        "per_second": rates,
        "lag_seconds": {"p50": _part(lags, 50), "p99": _part(lags, 99), "most": round(lags[-1], 2)},
        "settle_seconds": options.settle,
        "lag_stayed_below_settle": lags[-1] < options.settle,
        "runs": len(runs),
        "items_compared": sum(run["items"] for run in runs),
        "looked_at_again": sum(run["looked_at_again"] for run in runs),
        "lagging": sum(run["lagging"] for run in runs),
        "in_motion": sum(run["in_motion"] for run in runs),
        "false_alarms": sum(run["false_alarms"] for run in runs),
        "seeded": {"differences": SEEDED_OF_A_KIND * 3, "runs": len(dirty)},
        "not_found": sum(run["seeded"] - run["found"] for run in runs),
        "repaired_at_rest": {kind: len(found) for kind, found in left.items()},
        "equal_after_repair": last.equal and not any(nothing.values()) and not last.left.counts["in_motion"],
    }  # fmt: skip
    held = (
        min(rates.values()) >= options.changes_per_second,
        result["lag_stayed_below_settle"],  # else the feed fell behind, and a difference is one
        result["false_alarms"] == 0,
        result["lagging"] > 0,  # a run that met no lag proves nothing
        result["not_found"] == 0,
        left == seeded,
        result["equal_after_repair"],
    )
    return {"ok": all(held), **result, "each_run": runs}


def _wait(until: Any, process: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not until():
        assert process.is_alive(), "the process has ended"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.2)


def _part(lags: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(lags, n=100)[percent - 1], 2)


def main() -> int:
    """Runs it. Returns 1 when anything did not hold."""
    arguments = parser("verify_live", __doc__)
    arguments.add_argument("--changes-per-second", type=float, default=500.0, metavar="N", help="(%(default)s)")
    arguments.add_argument("--seconds", type=float, default=120.0, help="of changes and runs of verify (%(default)s)")
    arguments.add_argument("--items", type=int, default=5_000, help="(%(default)s)")
    arguments.add_argument("--lag", type=float, default=2.0, metavar="SECONDS", help="most, on purpose (%(default)s)")
    arguments.add_argument("--settle", type=float, default=10.0, metavar="SECONDS", help="of verify (%(default)s)")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="verify-live-") as directory, services(Path(directory)) as place:
        result = measure(place, options)
    return leave(result, ok=result["ok"])


if __name__ == "__main__":
    sys.exit(main())
