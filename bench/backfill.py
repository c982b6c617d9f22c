"""Fills an emptied index with the year's flights while changes go on; the backfill is stopped and killed on the way.

It starts a local stack. The flights are put, the index is created again, then `ops backfill` runs as an operator would
run it: ended by SIGINT, then by SIGKILL, each time resumed, while a writer changes, deletes and puts back flights. At
the end `ops verify` compares table and index. The report is build/bench-backfill.json; exit code 0 only if equal.

Example: python -m bench.backfill --flights 336776 --changes-per-second 200
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from bench.measurement import leave, parser, say
from bench.own_stack import own_stack
from changefeed.create_index import create_index
from demo.flights import MISSING, rows_of
from demo.item_json import to_item
from infra.sync.index import index_definition
from local.layout import ROOT
from local.services.aws_client import aws_client
from ops.backfill.state import load_state
from ops.batch_write import MOST_REQUESTS, write_all
from ops.stack import Stack

FLIGHTS_OF_THE_YEAR = 336_776
WRITERS = 8
REPORT = ROOT / "build" / "bench-backfill.json"


def flights(most: int) -> Iterator[dict[str, Any]]:
    """Reads the year's flights as items."""
    for row in islice(rows_of("flights.csv"), most):
        identity = f"{row['time_hour']}-{row['carrier']}-{row['flight']}"  # the data's documented key
        numbers = {name: int(value) if value not in MISSING else None for name, value in _numbers(row)}
        yield {"id": identity, "carrier": row["carrier"], "origin": row["origin"], "dest": row["dest"], **numbers}


def _numbers(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("flight", "distance", "dep_delay", "arr_delay", "sched_dep_time"):
        yield name, row[name].removesuffix(".0")


class Changes:
    """Writers at a steady rate together: of five changes four change an item and one deletes it, to be put back later.

    In batches and threads, because a page of the emulator's scan delays every write for as long as it takes.
    """

    def __init__(self, stack: Stack, items: Sequence[dict[str, Any]], changes_per_second: float) -> None:
        self._stack, self._items = stack, items
        self._seconds_a_batch = WRITERS * MOST_REQUESTS / changes_per_second
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(seed,)) for seed in range(WRITERS)]
        self._counts = [0] * WRITERS

    def __enter__(self) -> "Changes":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def count(self) -> int:
        """Changes that the table has taken."""
        return sum(self._counts)

    def _write(self, seed: int) -> None:
        dynamodb, chance, started = _dynamodb(self._stack), random.Random(seed), time.monotonic()  # noqa: S311
        batches = 0
        while not self._ended.is_set():
            self._counts[seed] += write_all(dynamodb, self._stack.table_name, list(self._requests(chance, batches)))
            batches += 1
            self._ended.wait(max(0.0, started + batches * self._seconds_a_batch - time.monotonic()))

    def _requests(self, chance: random.Random, number: int) -> Iterator[dict[str, Any]]:
        for item in chance.sample(self._items, MOST_REQUESTS):
            if chance.random() < 0.2:
                yield {"DeleteRequest": {"Key": {"id": {"S": item["id"]}}}}
            else:
                yield {"PutRequest": {"Item": to_item({**item, "change": number})}}


def _dynamodb(stack: Stack) -> Any:
    """Makes a client that may write: an operator may not."""
    return aws_client(stack.outputs["aws_endpoint_url"], stack.region, "dynamodb")


def load(stack: Stack, items: Sequence[dict[str, Any]]) -> None:
    """Puts everything, in a few threads."""
    dynamodb = _dynamodb(stack)
    with ThreadPoolExecutor(4) as pool:
        batches = [items[start : start + MOST_REQUESTS] for start in range(0, len(items), MOST_REQUESTS)]
        puts = ([{"PutRequest": {"Item": to_item(item)}} for item in batch] for batch in batches)
        written = pool.map(lambda batch: write_all(dynamodb, stack.table_name, batch), puts)
        for done, _ in enumerate(written, start=1):
            if done % 1_000 == 0:
                say(f"  {done * MOST_REQUESTS:,} items put")


def wait_for_documents(stack: Stack, index: str, count: int, *, patience_seconds: float) -> None:
    """Waits until the stream has filled the index, for `patience_seconds` at most without a new count."""
    url, seen, moved = f"{stack.search_endpoint}/{index}", -1, time.monotonic()
    while seen != count:
        requests.post(f"{url}/_refresh", timeout=60).raise_for_status()
        now = int(requests.get(f"{url}/_count", timeout=60).json()["count"])
        if now != seen:
            seen, moved = now, time.monotonic()
        if time.monotonic() - moved > patience_seconds:
            raise SystemExit(f"{index} stays at {seen} of {count} documents.")
        time.sleep(1)


def backfill(consumer: str, file: Path, total: int, extra: Sequence[str]) -> dict[str, Any]:
    """Runs the command to its end: interrupted at a third, killed at two thirds, resumed each time."""
    command = [sys.executable, "-m", "ops", "backfill", consumer, "--stack", "local", "--yes", "--json", "--resume"]
    stops = [(total // 3, signal.SIGINT), (total * 2 // 3, signal.SIGKILL)]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs, and their children, ignore it
    while True:
        process = subprocess.Popen(
            [*command, "--state", str(file), *extra], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        while process.poll() is None:
            state = load_state(file)
            if stops and state is not None and state.items >= stops[0][0]:
                at, how = stops.pop(0)
                process.send_signal(how)
                say(f"  {how.name} at {state.items:,} items (asked for at {at:,})")
                break
            time.sleep(0.1)
        out, _ = process.communicate()
        if process.returncode == 0:
            if stops:
                raise SystemExit(f"It was done before it could be stopped: {stops}.")
            return dict(json.loads(out))
        state = load_state(file)
        if process.returncode not in (1, -signal.SIGKILL) or state is None:
            raise SystemExit(f"ops backfill ended with {process.returncode}.")


def verify(consumer: str) -> int:
    """Runs `ops verify`. Returns its exit code."""
    command = [sys.executable, "-m", "ops", "verify", consumer, "--stack", "local"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Measures in a new local stack. Returns 0 only if index and table were equal."""
    arguments = parser("backfill", __doc__)
    arguments.add_argument("--flights", type=int, default=FLIGHTS_OF_THE_YEAR, help="how many (%(default)s)")
    arguments.add_argument("--consumer", default="sync_dynamodb_stream", help="whose index (%(default)s)")
    arguments.add_argument("--changes-per-second", type=float, default=100.0, help="meanwhile (%(default)s)")
    arguments.add_argument("--segments", default="16", metavar="N", help="of the table (%(default)s)")
    arguments.add_argument("--parallel", default="2", metavar="N", help="segments at a time (%(default)s)")
    options = arguments.parse_args()
    items = list(flights(options.flights))
    assert len({item["id"] for item in items}) == len(items)
    with own_stack() as running:
        report = measure(Stack(name="local", outputs=running.outputs), items, options, running.layout.directory)
    return leave(report, ok=report["equal"], file=REPORT)


def measure(stack: Stack, items: Sequence[dict[str, Any]], options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Loads the table, empties the index, fills it among changes, compares."""
    index = stack.consumer(options.consumer).index
    started = time.monotonic()
    load(stack, items)
    wait_for_documents(stack, index, len(items), patience_seconds=120)
    say(f"{len(items):,} flights put and streamed in {time.monotonic() - started:.0f} s. Emptying the index.")
    requests.delete(f"{stack.search_endpoint}/{index}", timeout=60).raise_for_status()
    create_index(stack.search(), index=index, alias=None, definition=index_definition(options.consumer))
    started = time.monotonic()
    with Changes(stack, items, options.changes_per_second) as changes:
        extra = ["--segments", options.segments, "--parallel", options.parallel]
        result = backfill(options.consumer, folder / "backfill.json", len(items), extra)
    seconds = time.monotonic() - started
    say(f"Backfilled in {seconds:.0f} s, {changes.count:,} changes meanwhile. Comparing.")
    return {
        "flights": len(items),
        "changes_meanwhile": changes.count,
        "changes_per_second": round(changes.count / seconds, 1),
        "seconds": round(seconds, 1),
        "items_per_second": round(len(items) / seconds),
        "equal": verify(options.consumer) == 0,
        "backfill": result,
    }


if __name__ == "__main__":
    sys.exit(main())
