"""Events for the sync functions, in the order in which one container gets them, with what the table then holds.

From the recorded events and the poison corpus, for both feeds: as they were recorded, so their items are read again,
and made fresh, so their images are written.
"""

import base64
import copy
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.changefeed.records import kinesis_record, recorded, stream_record
from tests.convergence.poison import corpus

FEEDS = {"sync_dynamodb_stream": "dynamodb_stream", "sync_kinesis_stream": "kinesis_stream"}
"""Image to the feed's name in tests/events."""

CHANGES = ("insert", "modify", "remove", "ttl_remove")
ITEM_KEY = {"id": {"S": "flight/UA-1545"}}
CONTENT = ("UA-1545", "de-iced", "Ana", "12345678901234567890123456789012345678", "x" * 100)
"""Parts of the items that must never be in a log."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One invocation. `items`: what to put into the table before; `gone`: keys to delete from it."""

    name: str
    event: Any
    items: tuple[Mapping[str, Any], ...] = ()
    gone: tuple[Mapping[str, Any], ...] = ()
    parks: tuple[str, ...] | None = None
    """The reasons with which records are parked, where the case is about that."""

    error_type: str | None = None
    holds: dict[str, bool] = field(default_factory=dict)
    """Document id to whether it is in the index afterwards."""


def change_cases(feed: str, *, fresh: bool) -> Iterator[Case]:
    """The recorded life of one item, and each batch once more: Lambda delivers at least once."""
    for again in ("", ", delivered again"):
        for place, change in enumerate(CHANGES):
            event = recorded(f"{feed}_{change}")
            if fresh:
                event = at_time(event, int(time.time()) - 8 + place)
            image = _body(event["Records"][0]).get("NewImage")
            there = image is not None
            yield Case(
                name=f"{'fresh ' if fresh else ''}{change}{again}",
                event=event,
                items=(image,) if there else (),
                gone=() if there else (ITEM_KEY,),
                parks=(),
                # Delivered again, an old image is superseded by the delete; a fresh one, too.
                holds={ITEM_KEY["id"]["S"]: there} if not again else {},
            )


def malformed_cases(feed: str) -> Iterator[Case]:
    """Each alone is parked with its reason; all together are blamed on the environment, and nothing is parked.

    An old image that can't be a document is no reason to park: the item is read again, and it is gone.
    """
    malformed = recorded(f"malformed_{feed}")
    for case in malformed:
        parks = () if case["code"] == "bad_attribute_value" else (case["code"],)
        yield Case(name=case["why"], event={"Records": [case["record"]]}, gone=(ITEM_KEY,), parks=parks)
    everything = {"Records": [case["record"] for case in malformed]}
    yield Case(name="all malformed", event=everything, parks=(), error_type="SuspectedEnvironmentError")
    yield Case(name="no records", event={"hello": "world"}, parks=(), error_type="SuspectedEnvironmentError")


def poison_cases(feed: str) -> Iterator[Case]:
    """The poison corpus, fresh and one record a batch, after a record that gives its fields their types."""
    known = {"id": {"S": "known"}, "text": {"S": "x"}, "number": {"N": "1"}, "poison": {"S": "x"}}
    yield Case(name="known fields", event=_batch(feed, stream_record(known, number=99)), items=(known,), parks=())
    for number, (name, make, reason) in enumerate(corpus(), start=100):
        record = make(number)
        image = record["dynamodb"].get("NewImage") if isinstance(record, dict) and "dynamodb" in record else None
        if feed == "kinesis_stream" and name.startswith("record:"):
            continue  # those are broken in the shape of the other feed; malformed_cases has this feed's
        if feed == "kinesis_stream" and name == "value: half a surrogate":
            reason = "bad_json"  # its data are bytes, which can't hold one: what comes is no text at all
        yield Case(
            name=name,
            event=_batch(feed, record),
            items=(image,) if isinstance(image, dict) and not name.startswith("record:") else (),
            parks=(reason,) if reason else (),
        )


def at_time(event: Any, second: int) -> Any:
    """The event with its records' times moved to a second."""
    event = copy.deepcopy(event)
    for record in event["Records"]:
        if "kinesis" in record:
            change = json.loads(base64.b64decode(record["kinesis"]["data"]))
            change["dynamodb"]["ApproximateCreationDateTime"] = second * 1_000_000 + 1
            record["kinesis"]["data"] = base64.b64encode(json.dumps(change).encode()).decode()
        else:
            record["dynamodb"]["ApproximateCreationDateTime"] = second
    return event


def _batch(feed: str, record: Any) -> Any:
    """A fresh batch of one; a record whose time is part of what is wrong with it keeps it."""
    body = record.get("dynamodb") if isinstance(record, dict) else None
    now = int(time.time())
    if feed == "kinesis_stream":
        assert body is not None
        return {
            "Records": [kinesis_record(body["NewImage"], number=int(body["SequenceNumber"]), microseconds=now * 10**6)]
        }
    if body and isinstance(body.get("ApproximateCreationDateTime"), int) and body["ApproximateCreationDateTime"] < now:
        record = {**record, "dynamodb": {**body, "ApproximateCreationDateTime": now}}
    return {"Records": [record]}


def _body(record: Any) -> Any:
    if "kinesis" in record:
        return json.loads(base64.b64decode(record["kinesis"]["data"]))["dynamodb"]
    return record["dynamodb"]
