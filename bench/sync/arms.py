"""The benchmark's arms: the index's own limit, our two handlers, and what others do.

`raw_bulk` is the limit: bodies that are ready, one connection, no work but to look for errors. The handlers are run
whole, from the parsed event to the partial batch response. The others are in `other_arms`.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from bench.sync.arm import Arm, Batches, Target, cut
from bench.sync.contents import GUARD_FIELD
from bench.sync.documents import Change
from bench.sync.events import NOTHING_FAILED, first_version
from bench.sync.handlers import Feed, bench_handler
from bench.sync.other_arms import one_request_per_document, powertools_batch, type_deserializer_helpers_bulk
from changefeed.decode.attribute_values import encode_document, own_text


def raw_bulk(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Sends the same documents, ids and versions, encoded before."""
    first = first_version(len(changes), now)
    lines = [_lines(change, first + number) for number, change in enumerate(changes)]
    return _posts(lines, target)


def sync_dynamodb_stream(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Runs our handler of the table's own stream."""
    return _handler_run(Feed.DYNAMODB_STREAM, changes, target, now)


def sync_kinesis_stream(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Runs our handler of the table's Kinesis stream."""
    return _handler_run(Feed.KINESIS_STREAM, changes, target, now)


def scripted_upsert(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Compares a version inside each document by a script: exact at any length, paid for by the index."""
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
    """Lambda's context object, with a minute left at any time."""

    def get_remaining_time_in_millis(self) -> int:
        """Gives a minute, however late it is."""
        return 60_000


@contextlib.contextmanager
def _log_to_nowhere() -> Iterator[None]:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        yield


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

    return [*(partial(run, b"".join(batch)) for batch in cut(lines)), connection.close]


def _only_conflicts(answer: bytes) -> bool:
    statuses = {part["status"] for entry in json.loads(answer)["items"] for part in entry.values()}
    return statuses <= {200, 201, 404, 409}
