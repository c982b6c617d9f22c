"""`verify` and `probe` against a real OpenSearch 2.19.1: walk, repair and versions as it does them."""

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from changefeed.create_index import create_index
from changefeed.decode.attribute_values import encode_document
from changefeed.plan.document_id import document_id
from changefeed.write.bulk_transport import BulkTransport
from lambda_kit.search_client import create_search_client
from local.services.opensearch_node import OpenSearchNode
from ops.probe.probe import probe
from ops.trouble.search import Where
from ops.verify.index_walk import Index
from ops.verify.table_walk import Table
from ops.verify.verification import Plan, Report, verify
from tests.ops.verify_rig import MemoryTable, ids, quiet
from tests.search_node import running_node

pytestmark = pytest.mark.local
DEFINITION = json.loads((Path(__file__).parents[2] / "images" / "sync_dynamodb_stream" / "index.json").read_text())
REGION = "eu-west-1"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


class RealPair:
    """A table in memory and an index of three shards."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        settings = {"index": {**DEFINITION["settings"]["index"], "number_of_shards": 3, "number_of_replicas": 0}}
        create_index(
            create_search_client(url, REGION), index=name, alias=None, definition={**DEFINITION, "settings": settings}
        )
        self.table = MemoryTable(page_items=200)
        self.send = BulkTransport(endpoint=url, index=name, region=REGION)
        self.said: list[str] = []

    def write(self, images: list[dict[str, Any]], *, version: int | None = None) -> None:
        """To the index alone."""
        lines = []
        for image in images:
            target = {"_id": document_id({"id": image["id"]}), "version_type": "external"}
            lines.append(json.dumps({"index": {**target, "version": version or int(time.time() * 1_000_000)}}).encode())
            lines.append(encode_document(image))
        status, answer = self.send(b"\n".join([*lines, b""]), 20.0)
        assert status == 200, answer

    def refresh(self) -> None:
        requests.post(f"{self.url}/{self.name}/_refresh", timeout=20).raise_for_status()

    def verify(self, directory: Path, **plan: Any) -> Report:
        table = Table(self.table, self.table.name)
        index = Index(create_search_client(self.url, REGION), self.name, say=self.said.append)
        return verify(table, index, self.send, Plan(directory=directory, **plan), show=quiet)


def image(number: int, **attributes: Any) -> dict[str, Any]:
    return {"id": {"S": f"k{number:05}"}, "n": {"N": f"0.{number}00000000000000000000000000007"}, **attributes}


OLD = 1_700_000_000_000_000


def test_differences_over_three_shards_are_found_and_repaired(node: OpenSearchNode, tmp_path: Path) -> None:
    pair = RealPair(node.url, "differences")
    images = [image(number) for number in range(3_000)]
    images += [
        {"id": {"S": text}, "": {"S": "empty name"}, "_id": {"N": "1E-7"}, "s": {"NS": ["10", "9.0"]}, "l": {"L": []}}
        for text in ("x" * 512, "y" * 513, "é|%" * 400, "ä")
    ]
    for each in images:
        pair.table.put(each)
    pair.write(images, version=OLD)
    pair.refresh()
    assert pair.verify(tmp_path, settle_seconds=0.2).equal
    for key in ("k00010", "y" * 513):
        pair.table.delete({"id": {"S": key}})
    pair.table.put({"id": {"S": "z" * 600}})
    pair.table.put(image(20, n={"N": "0.2000000000000000000000000000008"}))
    requests.delete(f"{node.url}/differences/_doc/k00030?version={OLD + 1}&version_type=external", timeout=20)
    pair.refresh()
    report = pair.verify(tmp_path, settle_seconds=0.2, may_repair=lambda _: True)
    assert ids(report, "missing") == sorted(["k00030", document_id({"id": {"S": "z" * 600}})])
    assert ids(report, "stale") == ["k00020"]
    assert ids(report, "orphaned") == sorted(["k00010", document_id({"id": {"S": "y" * 513}})])
    assert report.equal, report.as_json()
    pair.refresh()
    assert pair.verify(tmp_path, settle_seconds=0.2).found.differing == 0


def test_what_the_mapping_refuses_is_repaired_equal_and_counted(node: OpenSearchNode, tmp_path: Path) -> None:
    pair = RealPair(node.url, "refusing")
    plain = image(1, v={"S": "a text"})
    pair.write([plain], version=OLD)
    pair.table.put(plain)
    pair.table.put(image(2, v={"M": {"a": {"N": "1.10"}}}, w={"S": "another"}))
    pair.refresh()
    report = pair.verify(tmp_path, settle_seconds=0.2, may_repair=lambda _: True)
    assert ids(report, "missing") == ["k00002"]
    assert report.equal, report.as_json()
    pair.refresh()
    report = pair.verify(tmp_path, settle_seconds=0.2)
    assert (report.found.differing, report.partly_indexed) == (0, 1)


def test_a_point_in_time_that_is_gone_is_replaced(node: OpenSearchNode, tmp_path: Path) -> None:
    pair = RealPair(node.url, "expiring")
    images = [image(number) for number in range(500)]
    for each in images:
        pair.table.put(each)
    pair.write(images, version=OLD)
    pair.refresh()
    index = Index(create_search_client(node.url, REGION), "expiring", say=pair.said.append)
    pages = index.pages(None)
    seen = list(next(pages).entries)
    requests.delete(f"{node.url}/_search/point_in_time/_all", timeout=20).raise_for_status()
    seen += [entry for page in pages for entry in page.entries]
    assert len({entry.document_id for entry in seen}) == len(seen) == 500
    assert len(pair.said) == 1


def test_changes_that_go_on_are_no_differences(node: OpenSearchNode, tmp_path: Path) -> None:
    pair = RealPair(node.url, "changing")
    images = [image(number) for number in range(2_000)]
    for each in images:
        pair.table.put(each)
    pair.write(images, version=OLD)
    pair.refresh()
    stop = threading.Event()
    written = 0

    def change() -> None:
        """About 500 changes a second, some on few keys; the index follows a tenth of a second later."""
        nonlocal written
        on_the_way: list[tuple[float, list[dict[str, Any]]]] = []
        chance = random.Random(3)
        while not stop.is_set() or on_the_way:
            if not stop.is_set():
                chosen = {chance.choice((chance.randrange(2_000), chance.randrange(5))) for _ in range(25)}
                batch = [image(number, at={"N": str(written)}) for number in chosen]
                for each in batch:
                    pair.table.put(each)
                on_the_way.append((time.monotonic() + 0.1, batch))
                written += len(batch)
            while on_the_way and (stop.is_set() or on_the_way[0][0] <= time.monotonic()):
                pair.write(on_the_way.pop(0)[1])
            time.sleep(0.05)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        reports = [pair.verify(tmp_path, settle_seconds=0.6) for _ in range(2)]
        pair.write([image(9_999)], version=OLD)  # one real difference among them is found all the same
        pair.refresh()
        spotted = pair.verify(tmp_path, settle_seconds=0.6)
        found = ids(spotted, "orphaned"), spotted.found.differing
    finally:
        stop.set()
        changing.join()
    assert not any(report.left.differing for report in reports), [report.as_json() for report in reports]
    assert sum(report.candidates for report in reports) > 0
    assert found == (["k09999"], 1)
    assert written > 300


def test_the_probe_finds_every_promise_kept(node: OpenSearchNode) -> None:
    pair = RealPair(node.url, "probed")

    def open_index(name: str) -> BulkTransport:
        return BulkTransport(endpoint=node.url, index=name, region=REGION)

    findings = list(probe(create_search_client(node.url, REGION), open_index, [Where(index=pair.name)], wait_seconds=5))
    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) == 13
    left = requests.get(f"{node.url}/_cat/indices?h=index", timeout=20).text.split()
    assert not [name for name in left if name.startswith("driftless-probe")]
