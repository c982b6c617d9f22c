"""What the sync relies on, asked of a real OpenSearch 2.19.1: versions, names, values, and a broken index."""

import itertools
import json
import random
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from changefeed.create_index import create_index
from changefeed.parking import Parking
from changefeed.pipeline import Pipeline
from changefeed.plan.document_action import DocumentAction
from changefeed.plan.document_id import document_id
from changefeed.plan.fold import plan
from changefeed.second_delete.document_versions import DocumentVersions
from changefeed.write.bulk_body import encode
from changefeed.write.bulk_post import posting
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import BulkWriter
from changefeed.write.item_reader import ItemReader
from changefeed.write.pending_write import PendingWrite
from lambda_kit.field_names import escape_name
from lambda_kit.search_client import create_search_client
from local.services.opensearch_node import OpenSearchNode
from tests.changefeed.consumer_rig import DECODERS
from tests.changefeed.records import TABLE, item, kinesis_record, recorded, stream_record
from tests.fakes import NOW, FakeClock, FakeContext, FakeQueue, FakeTable, ModelIndex
from tests.search_node import running_node

pytestmark = pytest.mark.local
IMAGES = Path(__file__).parents[2] / "images"
CONSUMERS = ("sync_dynamodb_stream", "sync_kinesis_stream")
NAMES = itertools.count()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


class Index:
    """A fresh index of a consumer's definition, with no replicas and immediate refresh left to `_refresh`."""

    def __init__(self, url: str, consumer: str = "sync_dynamodb_stream") -> None:
        self.name = f"test-{next(NAMES)}"
        self.url = url
        definition = json.loads((IMAGES / consumer / "index.json").read_text())
        create_index(create_search_client(url, "eu-west-1"), index=self.name, alias=None, definition=definition)
        self.send = BulkTransport(endpoint=url, index=self.name, region="eu-west-1")

    def write(self, document: Mapping[str, Any], *, key: str = "a", version: int = 1) -> dict[str, Any]:
        """The item's answer for one document."""
        target = {"index": {"_id": key, "version": version, "version_type": "external"}}
        status, answer = self.send(f"{json.dumps(target)}\n{json.dumps(document)}\n".encode(), 20.0)
        assert status == 200, answer
        result: dict[str, Any] = json.loads(answer)["items"][0]["index"]
        return result

    def delete(self, key: str, *, version: int) -> int:
        """Gives the status that the deletion got."""
        target = {"delete": {"_id": key, "version": version, "version_type": "external"}}
        status, answer = self.send(f"{json.dumps(target)}\n".encode(), 20.0)
        assert status == 200, answer
        return int(json.loads(answer)["items"][0]["delete"]["status"])

    def source(self, key: str) -> str:
        """The text of `_source`; "" for none."""
        answer = requests.get(f"{self.url}/{self.name}/_source/{key}", timeout=20)
        return answer.text if answer.status_code == 200 else ""

    def settings(self, **changes: Any) -> None:
        answer = requests.put(f"{self.url}/{self.name}/_settings", json={"index": changes}, timeout=20)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def index(node: OpenSearchNode) -> Index:
    return Index(node.url)


@pytest.fixture(scope="module")
def shared(node: OpenSearchNode) -> Index:
    """For tests that differ in their fields: making an index takes a third of a second."""
    return Index(node.url)


def document(action: DocumentAction) -> bytes:
    """An action's document, as it is sent."""
    return encode(PendingWrite.of(action)).splitlines()[1]


def consumer(send: Any, feed: str, table: FakeTable, queue: FakeQueue, clock: FakeClock) -> Pipeline:
    return Pipeline(
        decode=DECODERS[feed],
        plan=plan,
        write=BulkWriter(
            post=posting(send),
            read_items=ItemReader(table_name=TABLE, client=lambda: table),
            clock=clock,
            sleep=clock.sleep,
            jitter=lambda: 1.0,
        ),
        fold_whole=feed == "dynamodb_stream",
        park=Parking(queue_url="https://q", index="i", client=lambda: queue),
        delete_again=lambda _: None,
    )


@pytest.mark.parametrize("name", CONSUMERS)
def test_an_index_definition_is_accepted(node: OpenSearchNode, name: str) -> None:
    assert Index(node.url, name).write({"id": "a"})["status"] == 201


VALUES: dict[str, Any] = {
    "integer": 5, "decimal": 1.5, "38 digits": 10**37 + 7, "boolean": True, "text": "x", "date": "2026-01-02T03:04:05Z",
    "number as text": "17", "long text": "x" * 40_000, "null": None, "empty list": [], "numbers": [1, 2],
}  # fmt: skip


@pytest.mark.parametrize("first", VALUES)
def test_a_scalar_of_a_new_type_does_not_lose_the_document(shared: Index, first: str) -> None:
    fields = {f"{first} then {second}": second for second in VALUES}
    assert shared.write(dict.fromkeys(fields, VALUES[first]), key=f"{first} 1")["status"] == 201
    answer = shared.write({field: VALUES[second] for field, second in fields.items()}, key=f"{first} 2")
    assert answer["status"] == 201, answer


@pytest.mark.parametrize(
    ("first", "second"),
    [("text", {"k": 1}), ("integer", {"k": 1}), ("boolean", {}), ({"k": 1}, "text"), ({}, 5), ([{"k": 1}], ["text"])],
    ids=str,
)
def test_a_map_where_a_scalar_was_is_refused_as_a_document_and_so_parked(index: Index, first: Any, second: Any) -> None:
    """The limit of dynamic mapping: an object and a value can't share a field. So it is parked, never retried."""
    index.write({"field": VALUES.get(first, first) if isinstance(first, str) else first}, key="first")
    answer = index.write({"field": second}, key="second")
    assert (answer["status"], answer["error"]["type"]) == (400, "mapper_parsing_exception")


def test_a_list_of_booleans_and_texts_is_taken_because_their_fields_are_alike(index: Index) -> None:
    assert index.write({"field": [True, "a"]})["status"] == 201


@pytest.mark.parametrize("values", [[1, "a"], [1, True]], ids=str)
def test_a_list_of_mixed_scalars_is_refused_where_its_field_is_new(index: Index, values: list[Any]) -> None:
    """A limit too: one document can't map one field twice. Once the field is mapped, such lists are taken."""
    answer = index.write({"field": values}, key="first")
    assert (answer["status"], answer["error"]["type"]) == (400, "illegal_argument_exception")
    assert index.write({"field": values[0]}, key="second")["status"] == 201
    assert index.write({"field": values}, key="third")["status"] == 201


def test_dynamodbs_32_levels_of_nesting_are_accepted(index: Index) -> None:
    value: dict[str, Any] = {"S": "bottom"}
    for _ in range(31):
        value = {"M": {"m": value}}
    (action,), _ = plan([DECODERS["dynamodb_stream"](stream_record(item("a", deep=value)))])
    assert index.write(json.loads(document(action)))["status"] == 201


@pytest.mark.parametrize(
    "digits",
    ["12345678901234567890123456789012345678", "-0", "1E-130", "9.9999999999999999999999999999999999999E+125", "1.10"],
)
def test_numbers_keep_their_digits_in_the_source(index: Index, digits: str) -> None:
    (action,), _ = plan([DECODERS["dynamodb_stream"](stream_record(item("a", n={"N": digits})))])
    target = b'{"index":{"_id":"a","version":1,"version_type":"external"}}\n'
    status, answer = index.send(target + document(action) + b"\n", 20.0)
    assert (status, json.loads(answer)["errors"]) == (200, False)
    assert f'"n":{digits}' in index.source("a")


REFUSED_ANYWHERE = ["", ".", "..", "...", ".a", "a..b", " .a", "a. .b", "a. "]
REFUSED_BELOW_THE_TOP = [" ", "  ", "\t", "\u2003"]  # escaped at the top too, where a mapping in dots reads the same
REFUSED_AT_THE_TOP = [
    *("_id", "_source", "_version", "_routing", "_seq_no", "_primary_term", "_index", "_field_names", "_ignored"),
    *("_doc_count", "_nested_path", "_feature", "_data_stream_timestamp"),
]
HARMFUL = ["__soft_deletes", "_tombstone", "_recovery_source"]
"""Taken once, and then a later update or delete of any document fails the shard."""
ACCEPTED = [
    "c.",
    "d.b",
    "_private",
    "__typename",
    "%",
    "100%",
    "ä ö",
    " a",
    "a ",
    "😀",
    "x" * 1_000,
    "_ID",
    "a\tb",
    '"',
    "\\",
    "\x00",
]
ODD_NAMES = REFUSED_ANYWHERE + REFUSED_BELOW_THE_TOP + REFUSED_AT_THE_TOP + HARMFUL + ACCEPTED


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
@pytest.mark.parametrize("nested", [False, True], ids=["at the top", "nested"])
def test_every_escaped_name_is_accepted(shared: Index, name: str, nested: bool) -> None:
    field = escape_name(name, top=not nested)
    answer = shared.write({"m": {field: "x"}} if nested else {field: "x"}, key=f"{nested} {name[:9]!a}")
    assert answer["status"] == 201, answer


@pytest.mark.parametrize("name", REFUSED_ANYWHERE + REFUSED_AT_THE_TOP, ids=ascii)
def test_every_name_that_is_escaped_is_refused_as_it_stands(shared: Index, name: str) -> None:
    assert escape_name(name, top=True) != name
    assert shared.write({name: "x"}, key=f"refused {name}")["status"] == 400


@pytest.mark.parametrize("name", REFUSED_ANYWHERE + REFUSED_BELOW_THE_TOP, ids=ascii)
def test_every_nested_name_that_is_escaped_is_refused_as_it_stands(shared: Index, name: str) -> None:
    assert escape_name(name, top=False) != name
    assert shared.write({"n": {name: "x"}}, key=f"refused nested {name}")["status"] == 400


@pytest.mark.parametrize("value", ["x", 5, True, ["x"]], ids=repr)
def test_names_that_the_engine_writes_itself_harm_no_later_write(index: Index, value: object) -> None:
    document = {escape_name(name, top=True): value for name in (*HARMFUL, "__typename")}
    assert index.write({"n": 1}, key="innocent", version=1)["status"] == 201
    assert index.write(document, key="named", version=1)["status"] == 201

    assert index.write(document | {"n": 2}, key="named", version=2)["status"] == 200
    assert index.write({"n": 2}, key="innocent", version=2)["status"] == 200
    for key in ("named", "innocent"):
        assert index.delete(key, version=3) == 200


def test_a_dotted_name_and_its_prefix_are_two_fields(index: Index) -> None:
    """Prices in dots, labels by domain, files by name: none makes an object that another item's text collides with."""
    items: list[dict[str, Any]] = [
        {"price": 5, "price.currency": "eur"},
        {"price.currency.symbol": "€"},
        {"labels": {"app": "shop", "app.kubernetes.io/name": "shop"}},
        {"title": "a", "title.keyword": "b"},
        {".".join("a" * 45): 1},
    ]
    for number, attributes in enumerate(items):
        names = {
            escape_name(name, top=True): {escape_name(key): part for key, part in value.items()}
            if isinstance(value, dict)
            else value
            for name, value in attributes.items()
        }
        assert index.write(names, key=f"dots {number}", version=1)["status"] == 201


def test_the_model_index_answers_as_the_node_does(index: Index) -> None:
    randomness = random.Random(7)
    model = ModelIndex()
    # The model's poison is any document with that field: here it is mapped as a text, so an object is refused.
    index.write({"poison": "text"}, key="other", version=1)
    for _ in range(60):
        lines = []
        for _ in range(randomness.randrange(1, 8)):
            target = {"_id": randomness.choice("abc"), "version": randomness.randrange(0, 12)}
            target["version_type"] = randomness.choice(["external", "external", "external_gte"])
            if randomness.random() < 0.4:
                lines.append(json.dumps({"delete": target}))
            else:
                document = randomness.choice([{"n": 1}, {"n": 2}, {"poison": {"a": 1}}])
                lines += [json.dumps({"index": target}), json.dumps(document)]
        body = ("\n".join(lines) + "\n").encode()
        assert comparable(*index.send(body, 20.0)) == comparable(*model.apply(body))
        held = {key: json.loads(index.source(key)) for key in "abc" if index.source(key)}
        assert {key: str(document) for key, document in held.items()} == {
            key: str({"n": int(document["n"])}) for key, document in model.sources().items()
        }


def comparable(status: int, answer: bytes) -> Any:
    """What the sync reads of an answer."""
    parsed = json.loads(answer)
    if status != 200:
        return status, parsed["error"]["type"]
    return [
        (operation, part["_id"], part["status"], part.get("result"), part.get("_version"), described(part.get("error")))
        for entry in parsed["items"] for operation, part in entry.items()
    ]  # fmt: skip


def described(error: Mapping[str, Any] | None) -> Any:
    if error is None:
        return None
    conflict = error["type"] == "version_conflict_engine_exception"
    return error["type"], error["reason"].replace("]: ", "] ", 1) if conflict else None


@pytest.mark.parametrize(("version", "status"), [(2**63 - 1, 200), (2**63, 500), (-1, 400)])
def test_versions_beyond_63_bits_fail_the_whole_request_in_the_model_too(
    index: Index, version: int, status: int
) -> None:
    body = f'{{"delete":{{"_id":"a","version":{version},"version_type":"external"}}}}\n'.encode()
    assert index.send(body, 20.0)[0] == status
    assert comparable(*ModelIndex().apply(body)) == comparable(*index.send(body, 20.0)) or status == 200


@pytest.mark.parametrize("length", [512, 513])
def test_an_id_over_512_bytes_fails_the_whole_request_and_ours_never_are(index: Index, length: int) -> None:
    target = {"_id": "x" * length, "version": 1, "version_type": "external"}
    body = (json.dumps({"index": target}) + "\n{}\n").encode()
    assert index.send(body, 20.0)[0] == ModelIndex().apply(body)[0] == (200 if length == 512 else 400)
    ours = document_id({"id": {"S": "x" * length}})
    assert index.write({"id": "x"}, key=ours, version=2)["status"] in (200, 201)


def test_a_deletes_guard_is_forgotten_after_gc_deletes(index: Index) -> None:
    """Why old images are not trusted. The setting is 60 s by default; here it is none."""
    delete = b'{"delete":{"_id":"a","version":5,"version_type":"external"}}\n'
    index.send(delete, 20.0)
    assert index.write({"n": 1}, version=4)["status"] == 409
    index.settings(gc_deletes="0ms")
    for _ in range(20):  # the node's clock for this ticks every 200 ms
        requests.post(f"{index.url}/{index.name}/_refresh", timeout=20)
        if index.write({"n": 1}, version=4)["status"] == 201:
            return
        time.sleep(0.1)
    pytest.fail("the guard was kept")


@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
def test_a_handler_writes_settles_deletes_and_parks_end_to_end(node: OpenSearchNode, feed: str) -> None:
    index, clock, table, queue = Index(node.url, f"sync_{feed}"), FakeClock(), FakeTable(), FakeQueue()
    handler = partial(consumer(index.send, feed, table, queue, clock), context=FakeContext(clock=clock))
    nothing: Any = {"batchItemFailures": []}
    (insert,) = recorded(f"{feed}_insert")["Records"]
    assert handler({"Records": [insert]}) == nothing
    assert '"distance":12345678901234567890123456789012345678' in index.source("flight%2FUA-1545")
    assert handler(recorded(f"{feed}_ttl_remove")) == nothing
    assert index.source("flight%2FUA-1545") == ""
    make = stream_record if feed == "dynamodb_stream" else kinesis_record
    table.put(item("a", n={"N": "2"}))
    table.put(item("p", n={"M": {"k": {"S": "x"}}}))
    for number, image in enumerate((item("a", n={"N": "1"}), item("a", n={"N": "2"}), item("p", n={"M": {}})), 1):
        extra: dict[str, Any] = {"microseconds": int(NOW) * 1_000_000 + number} if feed == "kinesis_stream" else {}
        assert handler({"Records": [make(image, number=number, **extra)]}) == nothing
    assert json.loads(index.source("a")) == {"id": "a", "n": 2}
    assert json.loads(index.source("p"))["%unindexed"] == {"n": {}}
    foreign = make(item("f"), number=4)
    (foreign["dynamodb"] if feed == "dynamodb_stream" else foreign["kinesis"]).pop("Keys", None)
    if feed == "kinesis_stream":
        foreign["kinesis"]["data"] = "eyJhIjoxfQ=="  # {"a":1}
    assert handler({"Records": [foreign]}) == nothing
    assert [message["reason"]["code"] for message in queue.messages] == [
        "no_keys" if feed == "dynamodb_stream" else "not_a_dynamodb_change"
    ]


BREAKS: dict[str, dict[str, Any]] = {
    "write block": {"blocks.write": True},
    "read only": {"blocks.read_only": True},
    "flood stage": {"blocks.read_only_allow_delete": True},
}


@pytest.mark.parametrize("broken", [*BREAKS, "closed", "missing"])
def test_a_broken_index_is_retried_and_parks_nothing(index: Index, broken: str) -> None:
    clock, queue = FakeClock(), FakeQueue()
    address = f"{index.url}/{index.name}"
    if broken in BREAKS:
        index.settings(**BREAKS[broken])
    else:
        answer = (
            requests.post(f"{address}/_close", timeout=20)
            if broken == "closed"
            else requests.delete(address, timeout=20)
        )
        assert answer.status_code == 200
    pipeline = consumer(index.send, "dynamodb_stream", FakeTable(), queue, clock)
    batch = [stream_record(item(f"k{number}"), number=number) for number in range(9, 12)]
    batch.append(stream_record(item("gone"), number=12, operation="REMOVE"))
    response = pipeline({"Records": batch}, FakeContext(clock=clock, seconds=5))
    assert response == {"batchItemFailures": [{"itemIdentifier": "9"}]}
    assert queue.messages == []
    if broken == "missing":
        assert requests.head(address, timeout=20).status_code == 404, "a write must not create the index"


def test_the_versions_of_documents_are_looked_up_without_their_contents(index: Index) -> None:
    transport = BulkTransport(endpoint=index.url, index=index.name, region="eu-west-1", operation="_mget")
    hostile = '"}}\n{"delete":{}}'
    for identifier in ("a", hostile):
        assert index.write({"id": "x"}, key=identifier)["status"] == 201
    found = DocumentVersions(send=transport)(["a", "gone", hostile], 5.0)
    assert found.keys() == {"a", hostile}
    assert all(version > 0 for version in found.values())
