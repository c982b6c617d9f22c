"""The benchmark's arms: ways to bring changes into an index. Each is prepared outside the clock and run batch by batch.

`raw_bulk` is the limit: bodies that lie there, one connection, no work but to look for errors. The handlers are run
whole, from the parsed event to the partial batch response. The others are what users write today, from the same parsed
events: each with one client, kept open, and no retry or error handling beyond its library's own.
"""

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from http.client import HTTPConnection
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import orjson

from bench.sync.contents import GUARD_FIELD
from bench.sync.documents import Change
from bench.sync.events import NOTHING_FAILED, dynamodb_events, first_version
from bench.sync.handlers import Feed, bench_handler
from changefeed.decode.attribute_values import encode_document, own_text

Batches = Sequence[Callable[[], None]]
"""What is timed: a call writes one batch, and they are called in order, maybe with other arms' between them."""
Entry = TypeVar("Entry")
FEW = 50
"""Of those who write one by one, in a batch: they take as long for them as others for a thousand."""


class Target(NamedTuple):
    """Where an arm writes."""

    url: str
    index_name: str


Arm = Callable[[Sequence[Change], Target, float], Batches]
"""From changes, target and the time that the last change happened."""


def raw_bulk(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """The same documents, ids and versions, encoded before."""
    first = first_version(len(changes), now)
    lines = [_lines(change, first + number) for number, change in enumerate(changes)]
    return _posts(lines, target)


def sync_dynamodb_stream(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Our handler of the table's own stream."""
    return _handler_run(Feed.DYNAMODB_STREAM, changes, target, now)


def sync_kinesis_stream(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Our handler of the table's Kinesis stream."""
    return _handler_run(Feed.KINESIS_STREAM, changes, target, now)


def one_request_per_document(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """A workshop's loop: deserialize, then index or delete, one by one."""
    client, records = _client(target), stream_records(changes, now)

    def run(batch: Sequence[Mapping[str, Any]]) -> None:
        for record in batch:
            _write_one(client, target.index_name, record)

    return [partial(run, batch) for batch in _cut(records, FEW)]


def type_deserializer_helpers_bulk(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """boto3's deserializer and opensearch-py's bulk helper, with their defaults."""
    from opensearchpy import helpers

    client, records = _client(target), stream_records(changes, now)

    def run(batch: Sequence[Mapping[str, Any]]) -> None:
        helpers.bulk(client, (bulk_action(target.index_name, record) for record in batch))

    return [partial(run, batch) for batch in _cut(records)]


def powertools_batch(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Powertools' batch processor, with one call of the client a record."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

    client = _client(target)
    processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
    events = [{"Records": batch} for batch in _cut(stream_records(changes, now), FEW)]

    def handle(record: DynamoDBRecord) -> None:
        assert record.dynamodb is not None
        key = record.dynamodb.keys["id"]
        if record.dynamodb.new_image:
            client.index(index=target.index_name, id=key, body=_json_ready(record.dynamodb.new_image))
        else:
            client.delete(index=target.index_name, id=key, ignore=404)

    def run(event: dict[str, Any]) -> None:
        answer = process_partial_response(event, record_handler=handle, processor=processor, context=None)
        assert answer == NOTHING_FAILED

    return [partial(run, event) for event in events]


def scripted_upsert(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """A version inside each document, compared by a script: exact at any length, paid for by the index."""
    first = first_version(len(changes), now)
    lines = [_script_lines(change, first + number) for number, change in enumerate(changes)]
    return _posts(lines, target)


ARMS: Mapping[str, Arm] = {
    arm.__name__: arm
    for arm in (
        raw_bulk, sync_dynamodb_stream, sync_kinesis_stream, type_deserializer_helpers_bulk, scripted_upsert,
        one_request_per_document, powertools_batch,
    )
}  # fmt: skip
ONE_BY_ONE = frozenset({"one_request_per_document", "powertools_batch"})
"""So slow that they get a part of the documents."""
_SCRIPT = (
    f"if (ctx._source.{GUARD_FIELD} == null || ctx._source.{GUARD_FIELD}.compareTo(params.d.{GUARD_FIELD}) < 0)"
    " { ctx._source = params.d } else { ctx.op = 'none' }"
)


def _handler_run(feed: Feed, changes: Sequence[Change], target: Target, now: float) -> Batches:
    handler = bench_handler(feed, target.url, target.index_name, changes)
    events = [json.loads(text) for text in feed.events(changes, now)]
    context = UnlimitedTime()

    def run(event: Mapping[str, Any]) -> None:
        with _log_to_nowhere():
            answer = handler(event, context)
        assert answer == NOTHING_FAILED, answer

    return [partial(run, event) for event in events]


class UnlimitedTime:
    """Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """A minute, however late it is."""
        return 60_000


@contextlib.contextmanager
def _log_to_nowhere() -> Iterator[None]:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        yield


def _cut(entries: Sequence[Entry], size: int = 1_000) -> Iterator[Sequence[Entry]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]


def _lines(change: Change, version: int) -> bytes:
    target = {"_id": change.key["id"]["S"], "version": version, "version_type": "external"}
    if change.image is None:
        return orjson.dumps({"delete": target}) + b"\n"
    return b"%b\n%b\n" % (orjson.dumps({"index": target}), encode_document(change.image))


def _script_lines(change: Change, version: int) -> bytes:
    assert change.image is not None, "this arm would have to keep a tombstone for every delete"
    document = orjson.loads(own_text(encode_document(change.image))) | {GUARD_FIELD: f"{version:040}"}
    script = {"source": _SCRIPT, "params": {"d": document}}
    action = {"update": {"_id": change.key["id"]["S"], "retry_on_conflict": 3}}
    body = {"script": script, "scripted_upsert": True, "upsert": {}}
    return b"%b\n%b\n" % (orjson.dumps(action), orjson.dumps(body))


def _posts(lines: Sequence[bytes], target: Target) -> Batches:
    connection = HTTPConnection(urlsplit(target.url).netloc)

    def run(body: bytes) -> None:
        path = f"/{target.index_name}/_bulk"
        connection.request("POST", path, body, {"Content-Type": "application/x-ndjson"})
        answer = connection.getresponse().read()
        assert b'"errors":false' in answer[:64] or _only_conflicts(answer), answer[:500]

    return [*(partial(run, b"".join(batch)) for batch in _cut(lines)), connection.close]


def _only_conflicts(answer: bytes) -> bool:
    statuses = {part["status"] for entry in json.loads(answer)["items"] for part in entry.values()}
    return statuses <= {200, 201, 404, 409}


def _client(target: Target) -> Any:
    from opensearchpy import OpenSearch

    return OpenSearch(hosts=[target.url], timeout=60)


def stream_records(changes: Sequence[Change], now: float) -> list[Mapping[str, Any]]:
    return [record for text in dynamodb_events(changes, now) for record in json.loads(text)["Records"]]


def _deserialized(record: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    deserialize = _deserializer()
    body = record["dynamodb"]
    image = body.get("NewImage")
    document = None if image is None else {name: _json_ready(deserialize(value)) for name, value in image.items()}
    return deserialize(body["Keys"]["id"]), document


@functools.cache
def _deserializer() -> Callable[[Mapping[str, Any]], Any]:
    from boto3.dynamodb.types import TypeDeserializer

    deserialize: Callable[[Mapping[str, Any]], Any] = TypeDeserializer().deserialize
    return deserialize


def _json_ready(value: Any) -> Any:
    """What opensearch-py can serialize: it knows neither sets nor, exactly, decimals."""
    if isinstance(value, dict):
        return {name: _json_ready(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json_ready(part) for part in value]
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def bulk_action(index: str, record: Mapping[str, Any]) -> dict[str, Any]:
    key, document = _deserialized(record)
    if document is None:
        return {"_op_type": "delete", "_index": index, "_id": key}
    return {"_op_type": "index", "_index": index, "_id": key, "_source": document}


def _write_one(client: Any, index: str, record: Mapping[str, Any]) -> None:
    key, document = _deserialized(record)
    if document is None:
        client.delete(index=index, id=key, ignore=404)
    else:
        client.index(index=index, id=key, body=document)
