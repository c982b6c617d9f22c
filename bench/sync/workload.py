"""Repeats one fixed piece of work, which `instructions` counts and `stages` times. Run alone by valgrind.

Example: python -m bench.sync.workload sync_kinesis_stream.whole 3
"""

import contextlib
import functools
import json
import os
import sys
import time
from collections.abc import Callable

import orjson

from bench.sync.arms import UnlimitedTime
from bench.sync.documents import SIZES, Change, orders
from bench.sync.events import NOTHING_FAILED
from bench.sync.handlers import Feed, stubbed_handler
from changefeed.plan.fold import plan
from changefeed.write.bulk_answer import read_bulk_answer
from changefeed.write.bulk_body import encode
from changefeed.write.pending_write import PendingWrite
from lambda_kit.unindexed import MARK

RECORDS = 500
"""In each repetition, at sizes up to 1 KB."""
STAGES = ("decode", "plan", "encode", "classify", "whole")
REFERENCE = "reference"
_ITEM = b'{"index":{"_index":"bench","_id":"order-00000000","_version":1767323045000000,"result":"created","_shards":\
{"total":1,"successful":1,"failed":0},"_seq_no":1,"_primary_term":1,"status":201}}'
_REFUSED_ITEM = (
    b'{"index":{"_index":"bench","_id":"order-00000000","status":400,"error":{"type":"mapper_parsing_exception",\
"reason":"object mapping for [address] tried to parse field [address] as object, but found a concrete value"}}}'
)


def records_at(size_bytes: int) -> int:
    """Says how many records a repetition has: fewer of the large ones."""
    return max(20, min(RECORDS, RECORDS * 2_000 // size_bytes))


def answer_of(actions: int) -> bytes:
    """Makes the index' answer to that many accepted actions."""
    return b'{"took":30,"errors":false,"items":[' + b",".join([_ITEM] * actions) + b"]}"


def _refuse_whole_documents(body: bytes, _timeout: float) -> tuple[int, bytes]:
    """Answers as an index whose mapping takes each document in its narrower form only."""
    actions = body.count(b"\n") // 2
    if MARK.encode() in body:
        return 200, answer_of(actions)
    return 200, b'{"took":30,"errors":true,"items":[' + b",".join([_REFUSED_ITEM] * actions) + b"]}"


def work(name: str, size_bytes: int = SIZES["1 KB"]) -> Callable[[], object]:
    """Makes a piece of work by name: `reference`, or a feed and a stage. Everything but the work is done here."""
    changes = orders(records_at(size_bytes), size_bytes)
    if name == REFERENCE:
        return functools.partial(_reference, changes)
    feed_name, stage = name.split(".")
    feed = Feed(feed_name)
    (text,) = feed.events(changes, time.time())
    event = json.loads(text)
    records = event["Records"]
    decoded = [feed.decode(record) for record in records]
    actions, _ = plan(decoded)
    answer = answer_of(len(changes))
    match stage:
        case "decode":
            return lambda: [feed.decode(record) for record in records]
        case "plan":
            return lambda: plan(decoded)
        case "encode":
            return lambda: b"".join([encode(PendingWrite.of(action)) for action in actions])
        case "classify":
            return lambda: read_bulk_answer(200, answer, expected_items=len(changes))
        case "json_loads":
            return lambda: json.loads(text)
    if stage == "refused":
        return functools.partial(_whole, stubbed_handler(feed, _refuse_whole_documents), event)
    # Orders are put, never deleted: two lines each.
    handler = stubbed_handler(feed, lambda body, _: (200, answer_of(body.count(b"\n") // 2)))
    return functools.partial(_whole, handler, event)


def _whole(handler: Callable[..., object], event: object) -> None:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        assert handler(event, UnlimitedTime()) == NOTHING_FAILED


def _reference(changes: list[Change]) -> None:
    """Makes work of the same kind that never changes: parsing, walking, building and writing of the same documents."""
    for change in changes:
        parsed = orjson.loads(json.dumps(change.image))
        flat = {name: str(value) for name, value in parsed.items()}
        orjson.dumps(sorted(flat.items()))


if __name__ == "__main__":
    piece = work(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        piece()
