"""Tries to bring deleted items back on a real node, in real time: many new names make its requests slow.

The two ways of an outside review: items are deleted while a backfill's page of them is being applied, and removals
arrive before a batch of puts whose every document has a name of its own. Second deletes are not sent here, so that
they can't hide what came back. With `slow=True` the requests are as large as they were then.

Example: python -m tests.convergence.resurrection --runs 10 --gc-deletes 60s
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests

import ops.images_path  # noqa: F401
from changefeed.backfill.backfill import Backfill
from changefeed.backfill.page import PageReader
from changefeed.backfill.request import BackfillRequest
from changefeed.create_index import create_index
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.parking import Parking
from changefeed.pipeline import Pipeline
from changefeed.plan.fold import plan
from changefeed.write import bulk_body
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.item_reader import ItemReader
from lambda_kit.search_client import create_search_client
from local.services.opensearch_node import OpenSearchNode
from tests.changefeed.backfill_rig import ScannedTable
from tests.changefeed.records import TABLE, item, kinesis_record
from tests.fakes import FakeClock, FakeQueue
from tests.search_node import running_node

DEFINITION = Path(__file__).parents[2] / "images" / "sync_kinesis_stream" / "index.json"
ITEMS, NAMES, DELETED = 1_000, 700, 140
BATCH, BATCH_DELETED = 990, 198
INVOCATION_SECONDS = 60.0


class RealClock(FakeClock):
    """This machine's time; nothing moves it."""

    @property
    def now(self) -> float:
        return time.time()

    @now.setter
    def now(self, _: float) -> None:
        return

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class Context:
    """Lambda's, in real time."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.began + self.seconds - time.monotonic()) * 1000)


@dataclass(kw_only=True)
class Scene:
    """One index with its consumer and its backfill, over a table in memory."""

    url: str
    index: str
    table: ScannedTable = field(default_factory=lambda: ScannedTable(clock=RealClock()))
    queue: FakeQueue = field(default_factory=FakeQueue)

    def writer(self) -> BulkWriter:
        post = BulkTransport(endpoint=self.url, index=self.index, region="eu-west-1").post
        return BulkWriter(post=post, read_items=ItemReader(table_name=TABLE, client=lambda: self.table))

    def consumer(self) -> Pipeline:
        return Pipeline(
            decode=partial(decode_kinesis_record, table_name=TABLE),
            plan=plan,
            write=self.writer(),
            park=self._parking(),
            delete_again=lambda _: None,
            fold_whole=False,
        )

    def backfill(self) -> Backfill:
        reader = partial(PageReader, table_name=TABLE, client=self.table)
        return Backfill(open_table=reader, write=self.writer(), park=self._parking())

    def _parking(self) -> Parking:
        return Parking(queue_url="q", index=self.index, client=lambda: self.queue)

    def ids(self) -> set[str]:
        """The ids in the index, by a search after a refresh."""
        requests.post(f"{self.url}/{self.index}/_refresh", timeout=60)
        answer = requests.post(f"{self.url}/{self.index}/_search", json={"size": 9_999, "_source": False}, timeout=60)
        return {hit["_id"] for hit in answer.json()["hits"]["hits"]}

    def settle(self, consumer: Pipeline, records: list[Any]) -> None:
        """Invokes as a mapping does, until nothing is reported."""
        while records:
            answer = consumer({"Records": records}, Context(INVOCATION_SECONDS))
            failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
            numbers = [record["kinesis"]["sequenceNumber"] for record in records]
            records = records[numbers.index(failed[0]) :] if failed else []


def removal(key: str, number: int) -> Any:
    return kinesis_record(item(key), number=number, microseconds=int(time.time() * 1e6), operation="REMOVE")


def deleted_during_a_backfill(scene: Scene) -> set[str]:
    """Gives the deleted items that are in the index at rest."""
    for number in range(ITEMS):
        name = f"{scene.index} {number % NAMES}"
        scene.table.put(item(f"k{number}", **{name: {"S": "x"}}))
    deleted = [f"k{number}" for number in range(ITEMS - DELETED, ITEMS)]
    begun = threading.Event()

    def delete() -> None:
        begun.wait()
        time.sleep(3)
        for key in deleted:
            scene.table.delete({"id": {"S": key}})
        scene.settle(scene.consumer(), [removal(key, place + 1) for place, key in enumerate(deleted)])

    deleting = threading.Thread(target=delete)
    deleting.start()
    scene.table.while_answering = begun.set
    request = BackfillRequest(consumer="c", segment=0, total_segments=1)
    while not scene.backfill()(request, Context(120.0))["done"]:
        continue
    deleting.join()
    return _at_rest(scene, deleted)


def removed_before_they_were_put(scene: Scene) -> set[str]:
    """Gives the removed items that are in the index at rest."""
    began = int(time.time() * 1e6)
    images = [item(f"k{number}", **{f"{scene.index} {number}": {"S": "x"}}) for number in range(BATCH)]
    puts = [kinesis_record(image, number=place + 1, microseconds=began + place) for place, image in enumerate(images)]
    deleted = [f"k{number}" for number in range(BATCH - BATCH_DELETED, BATCH)]
    for image in images[: BATCH - BATCH_DELETED]:
        scene.table.put(image)
    scene.settle(scene.consumer(), [removal(key, place + 1) for place, key in enumerate(deleted)])
    scene.settle(scene.consumer(), puts)
    return _at_rest(scene, deleted)


def _at_rest(scene: Scene, deleted: list[str]) -> set[str]:
    before: set[str] = set()
    while (now := scene.ids()) != before:
        before = now
        time.sleep(10)
    assert now >= {key["id"]["S"] for key in scene.table.items.values()}, "nothing is missing"
    assert not scene.queue.messages, "nothing is parked"
    return now & set(deleted)


WAYS: tuple[Callable[[Scene], set[str]], ...] = (deleted_during_a_backfill, removed_before_they_were_put)


def try_each(node: OpenSearchNode, name: str, *, gc_deletes: str) -> dict[str, int]:
    """Tries each way once, in an index of its own. Gives how many items came back by each."""
    back = {}
    for way in WAYS:
        definition = json.loads(DEFINITION.read_text())
        definition["settings"]["index"]["gc_deletes"] = gc_deletes
        index = f"{name}-{way.__name__}".replace("_", "-")
        create_index(create_search_client(node.url, "eu-west-1"), index=index, alias=None, definition=definition)
        with contextlib.redirect_stdout(io.StringIO()):
            back[way.__name__] = len(way(Scene(url=node.url, index=index)))
    return back


def main(argv: list[str] | None = None) -> int:
    """Runs all. Returns 1 when anything came back."""
    parser = argparse.ArgumentParser(prog="python -m tests.convergence.resurrection", description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--gc-deletes", default="60s", help="how long the index remembers a delete (default 60s)")
    parser.add_argument("--slow", action="store_true", help="large requests, however many names are new: as it was")
    options = parser.parse_args(argv)
    if options.slow:
        bulk_body.MOST_WITH_NEW_NAMES = 1_000_000
    total = 0
    with tempfile.TemporaryDirectory() as directory, running_node(Path(directory)) as node:
        for run in range(options.runs):
            began = time.monotonic()
            back = try_each(node, f"run-{run}", gc_deletes=options.gc_deletes)
            total += sum(back.values())
            print(f"run {run}: came back {back}, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
