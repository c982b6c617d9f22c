"""A table and an index in memory that answer like boto3's and opensearch-py's clients, for the tests of `verify`."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
from opensearchpy.exceptions import AuthorizationException, NotFoundError, TransportError

from changefeed.decode.attribute_values import encode_document
from changefeed.plan.document_id import document_id
from ops.verify.index_walk import Index
from ops.verify.table_walk import Table
from ops.verify.verification import Plan, Report, verify
from ops.verify.walks import Progress
from tests.fakes import FakeTable, as_boto3
from tests.service_models.fake_client import speaks

VERSION = 1_700_000_000_000_000


@speaks("dynamodb")
@dataclass(kw_only=True)
class MemoryTable(FakeTable):
    """Scans in pages of `page_items`; `on_scan` is run before each page, `on_get` before each read of items."""

    page_items: int = 7
    table_id: str = "11111111-1111-4111-8111-111111111111"
    has_clock: bool = True
    clock_ahead_seconds: float = 0.0
    scans: list[dict[str, Any]] = field(default_factory=list)
    on_scan: Callable[[int], None] = lambda _: None
    on_get: Callable[[int], None] = lambda _: None

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        assert TableName == self.name
        return {
            "Table": {
                "TableId": self.table_id,
                "TableArn": f"arn:aws:dynamodb:eu-west-1:000000000000:table/{self.name}",
                "KeySchema": [{"AttributeName": name} for name in self.key_schema],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": kind} for name, kind in self.key_schema.items()
                ],
                "ItemCount": len(self.items),
            },
            "ResponseMetadata": {"HTTPHeaders": {"date": self.date()} if self.has_clock else {}},
        }

    def date(self) -> str:
        return formatdate(time.time() + self.clock_ahead_seconds, usegmt=True)

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        self.on_get(len(self.reads))
        return super().batch_get_item(RequestItems=RequestItems)

    def scan(self, **arguments: Any) -> dict[str, Any]:
        assert arguments["ConsistentRead"] is True
        self.on_scan(len(self.scans))
        self.scans.append(arguments)
        keys = sorted(self.items)[arguments["Segment"] :: arguments["TotalSegments"]]
        start = arguments.get("ExclusiveStartKey")
        keys = [key for key in keys if start is None or key > self._key(start)]
        page = [as_boto3(self.items[key]) for key in keys[: self.page_items]]
        answer: dict[str, Any] = {"Items": page, "ConsumedCapacity": {"CapacityUnits": 2.0}}
        if len(keys) > self.page_items:
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in self.key_schema}
        return answer


@dataclass(kw_only=True)
class MemoryIndex:
    """Keeps documents as text. As an opensearch-py client it counts, pages and reads; `send` takes bulk bodies.

    A page larger than `largest_page` is answered `too_large`; `shards` is what each search says of its shards.
    """

    documents: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    expired: bool = False
    largest_page: int = 10_000
    too_large: int = 503
    unreadable: set[str] = field(default_factory=set)
    shards: Mapping[str, Any] = field(default_factory=lambda: {"timed_out": False, "_shards": {"failed": 0}})
    refuses: bool = False
    guards: dict[str, int] = field(default_factory=dict)
    searches: list[dict[str, Any]] = field(default_factory=list)
    on_read: Callable[[int], None] = lambda _: None
    reads: int = 0
    pits: int = 0
    no_pit: str = ""
    uuid: str = "uuid-1"
    failed_shards_of_pit: int = 0
    aliases: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"lab-table": ["lab"]})
    hides_aliases: bool = False

    def __post_init__(self) -> None:
        self.transport = SimpleNamespace(deserializer=None)
        self.indices = SimpleNamespace(get_settings=self._get_settings, get_alias=self._get_alias)

    def _get_alias(self, *, name: str) -> Any:
        if self.hides_aliases:
            raise AuthorizationException(403, "security_exception", {})
        if name not in self.aliases:
            raise NotFoundError(404, "alias [lab-table] missing", {})
        return {index: {"aliases": {name: {}}} for index in self.aliases[name]}

    def _get_settings(self, *, index: str, params: Mapping[str, str]) -> Any:
        assert params == {"flat_settings": "true"}
        return {index: {"settings": {"index.uuid": self.uuid}}}

    def put(self, identifier: str, text: bytes, *, version: int = VERSION) -> None:
        self.documents[identifier] = (version, text)

    def count(self, *, index: str, body: Mapping[str, Any] | None = None) -> Any:
        if body is None:
            return {"count": len(self.documents)}
        name = body["query"]["exists"]["field"]
        return {"count": sum(name in orjson.loads(text) for _, text in self.documents.values())}

    def create_pit(self, *, index: str, params: Mapping[str, str]) -> Any:
        if self.no_pit == "create":
            raise AuthorizationException(403, "security_exception", {})
        self.pits += 1
        return {"pit_id": f"pit-{self.pits}", "_shards": {"failed": self.failed_shards_of_pit}}

    def delete_pit(self, *, body: Mapping[str, Any]) -> Any:
        return {}

    def search(self, *, body: Mapping[str, Any], index: str | None = None) -> Any:
        assert body["sort"] == [{"_id": "asc"}]
        assert ("pit" in body) == (index is None)
        self.searches.append(dict(body))
        if self.no_pit == "everything" or (self.no_pit and "pit" in body):
            raise AuthorizationException(403, "security_exception", {})
        if self.expired:
            self.expired = False
            raise NotFoundError(404, "search_context_missing_exception", {})
        if body["size"] > self.largest_page:
            raise TransportError(self.too_large, "circuit_breaking_exception", {})
        after = body.get("search_after", [""])[0]
        ids = sorted(key for key in self.documents if key > after)[: body["size"]]
        hits = ",".join(
            f'{{"_id":{json.dumps(key)},"_version":{self.documents[key][0]},"_source":{self._text(key)}}}'
            for key in ids
        )
        return self._loads(json.dumps(dict(self.shards))[:-1] + ',"hits":{"hits":[' + hits + "]}}")

    def mget(self, *, index: str, body: Mapping[str, Any]) -> Any:
        self.on_read(self.reads)
        self.reads += 1
        docs = []
        for key in body["ids"]:
            found = '"found":false'
            if key in self.documents:
                found = f'"found":true,"_version":{self.documents[key][0]},"_source":{self._text(key)}'
            if key in self.unreadable:
                found = '"error":{"type":"no_shard_available_action_exception"}'
            docs.append(f'{{"_id":{json.dumps(key)},{found}}}')
        return self._loads('{"docs":[' + ",".join(docs) + "]}")

    def send(self, body: bytes, _timeout_seconds: float) -> tuple[int, bytes]:
        lines = iter(body.splitlines())
        answers = []
        for line in lines:
            ((operation, target),) = orjson.loads(line).items()
            text = next(lines) if operation == "index" else None
            assert target["version_type"] == "external"
            key, version = target["_id"], target["version"]
            if self.refuses:
                error = {"type": "mapper_parsing_exception", "reason": "said by a test"}
                answers.append({operation: {"_id": key, "status": 400, "error": error}})
                continue
            current = max(self.documents.get(key, (0, b""))[0], self.guards.pop(key, 0))  # remembered once
            if current >= version:
                found = f"current version [{current}] is higher or equal to the one provided [{version}]"
                reason = f"[{key}]: version conflict, {found}"
                error = {"type": "version_conflict_engine_exception", "reason": reason}
                answers.append({operation: {"_id": key, "status": 409, "error": error}})
                continue
            if text is None:
                self.documents.pop(key, None)
            else:
                self.put(key, text, version=version)
            answers.append({operation: {"_id": key, "status": 200}})
        errors = any("error" in answer for item in answers for answer in item.values())
        return 200, json.dumps({"errors": errors, "items": answers}).encode()

    def _text(self, key: str) -> str:
        return self.documents[key][1].decode()

    def _loads(self, text: str) -> Any:
        return self.transport.deserializer.loads(text)


@dataclass(kw_only=True)
class Pair:
    """A table and the index that should equal it."""

    table: MemoryTable = field(default_factory=MemoryTable)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    said: list[str] = field(default_factory=list)

    def put(self, image: Mapping[str, Any], *, version: int = VERSION) -> str:
        """An item with its document. Gives the id."""
        self.table.put(image)
        identifier = document_id({name: image[name] for name in self.table.key_schema})
        self.index.put(identifier, encode_document(as_boto3(image)), version=version)
        return identifier

    def fill(self, count: int) -> None:
        for number in range(count):
            self.put({"id": {"S": f"k{number:04}"}, "n": {"N": f"{number}.50"}, "tags": {"SS": ["b", "a"]}})

    def verify(self, directory: Path, *, settle_seconds: float = 0.0, **plan: Any) -> Report:
        return verify(
            Table(self.table, self.table.name),
            Index(self.index, "lab", say=self.said.append),
            self.index.send,
            Plan(directory=directory, settle_seconds=settle_seconds, **plan),
            show=quiet,
        )


@contextlib.contextmanager
def quiet() -> Iterator[Progress]:
    """A walk that nobody watches."""
    yield lambda _items, _documents: None


def ids(report: Report, kind: str) -> list[str]:
    """Of one kind of difference, sorted."""
    return sorted(report.as_json()[kind]["ids"])
