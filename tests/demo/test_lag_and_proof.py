"""The demo's lag and its proof. A proof that can't fail proves nothing."""

import json
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from demo.item_json import to_item
from demo.lag import LagMeter
from demo.proof import compare, read_documents, read_items
from local.errors import LocalStackError

ITEM = {"id": "a", "n": Decimal("1.10"), "flag": True, "none": None, "list": [1, "x"], "map": {"k": "v"}}


class FakeTable:
    """Answers a scan in two pages."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self._items = items

    def get_paginator(self, name: str) -> "FakeTable":
        assert name == "scan"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        assert request["ConsistentRead"] is True
        return [{"Items": self._items[:1]}, {"Items": self._items[1:]}]


def test_items_are_read_from_every_page_with_exact_numbers() -> None:
    items = read_items(FakeTable([to_item(ITEM), to_item({"id": "b", "n": 12345678901234567890})]), "t")
    assert items == {"a": ITEM, "b": {"id": "b", "n": Decimal("12345678901234567890")}}


@pytest.mark.parametrize(
    ("documents", "missing", "stale", "orphaned"),
    [
        ({"a": {"n": Decimal("1.1")}, "b": {}}, [], [], []),
        ({"b": {}}, ["a"], [], []),
        ({"a": {"n": Decimal("1.10000000000000000001")}, "b": {}}, [], ["a"], []),
        ({"a": {"n": Decimal("1.1")}, "b": {}, "c": {}}, [], [], ["c"]),
    ],
)
def test_every_kind_of_difference_is_found(
    documents: dict[str, Any], missing: list[str], stale: list[str], orphaned: list[str]
) -> None:
    comparison = compare({"a": {"n": Decimal("1.1")}, "b": {}}, documents)
    assert (comparison.missing, comparison.stale, comparison.orphaned) == (missing, stale, orphaned)
    assert comparison.equal == (not (missing or stale or orphaned))


def test_two_empty_sides_are_no_proof_where_items_must_be() -> None:
    assert compare({}, {}).equal
    assert not compare({}, {}, least=1).equal


class FakeNode:
    """A node that holds documents and answers `_mget` and `_search`."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.failed_shards = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                ids = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["ids"]
                found = [
                    {"_id": key, "found": key in fake.documents}
                    | ({"_source": fake.documents[key]} if key in fake.documents else {})
                    for key in ids
                ]
                self._answer({"docs": found})

            def do_GET(self) -> None:
                hits = [{"_id": key, "_source": source} for key, source in fake.documents.items()]
                whole = {"timed_out": False, "_shards": {"failed": fake.failed_shards}}
                self._answer({**whole, "hits": {"total": {"value": len(hits)}, "hits": hits}})

            def _answer(self, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> "FakeNode":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_documents_are_read_with_their_attribute_names() -> None:
    with FakeNode() as node:
        node.documents = {"a": {"%5Fid": 1, "%": {"%2E": 2}}}
        assert read_documents(node.url, "i") == {"a": {"_id": 1, "": {".": 2}}}


def test_a_document_that_is_not_fully_indexed_is_read_whole() -> None:
    whole = {"a": {"n": Decimal(1), "place": {"is.x": "m"}}}
    with FakeNode() as node:
        node.documents = {"a": {"n": 1, "%unindexed": {"place": {"is%2Ex": "m"}}, "%unindexed_attributes": 1}}
        assert read_documents(node.url, "i") == whole
        node.documents["a"]["%unindexed_attributes"] = 2
        assert read_documents(node.url, "i") != whole, "its mark is wrong"


def test_documents_of_which_a_shard_is_silent_are_no_proof() -> None:
    with FakeNode() as node:
        node.failed_shards = 1
        with pytest.raises(LocalStackError, match="Shards of i did not answer"):
            read_documents(node.url, "i")


def test_lag_runs_until_the_document_shows_the_change() -> None:
    with FakeNode() as node, LagMeter(node.url, {"feed": "i"}) as meter:
        node.documents = {"a": {"change": 1}}
        meter.wrote("a", 2)
        assert not meter.wait(0.2)
        node.documents = {"a": {"change": 2}}
        assert meter.wait(5)
        assert meter.percentiles()["feed"]["max"] >= 0.2


def test_a_removal_settles_the_changes_before_it_and_only_when_the_document_is_gone() -> None:
    with FakeNode() as node, LagMeter(node.url, {"feed": "i"}) as meter:
        node.documents = {"a": {"change": 0}}
        meter.wrote("a", 1)
        meter.wrote("a", None)
        assert not meter.wait(0.2)
        node.documents = {}
        assert meter.wait(5)


def test_a_later_change_settles_an_earlier_one_that_was_never_seen() -> None:
    with FakeNode() as node, LagMeter(node.url, {"feed": "i"}) as meter:
        meter.wrote("a", 1)
        meter.wrote("a", 2)
        node.documents = {"a": {"change": 2}}
        assert meter.wait(5)
