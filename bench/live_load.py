"""Changes a table at a rate and carries its stream into an index with a lag: two processes, both measured.

The writer puts and deletes by BatchWriteItem. The carrier reads the table's stream, holds every page back for a while
and gives it to the real handler, which writes as it does in Lambda. Each item holds when it was written, so the lag is
measured from the table's change to the bulk's answer.
"""

import contextlib
import io
import multiprocessing
import os
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.config import Config

from bench.items import identifier
from local.services.aws_client import CREDENTIALS, aws_client
from local.services.ministack import REGION
from ops.batch_write import MOST_REQUESTS, write_all
from streams.dynamodb import DynamoDBStreamReader
from streams.reader import Position
from streams.record import StreamRecord

HANDED_OVER = 500
"""Records of an invocation at most."""
DELETED_PART = 0.1
HOT_PART = 0.05
"""Of the changes; they meet the hot items, of which one in a second changes more than once."""
POLL_SECONDS = 0.05
INVOCATION_SECONDS = 60.0
LAGS_KEPT = 1_000_000

_processes = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where table, stream and index are."""

    aws_url: str
    search_url: str
    table: str
    stream_arn: str
    index: str

    def client(self, service: str) -> Any:
        """Makes a boto3 client with one attempt: what fails ends the measurement."""
        return aws_client(self.aws_url, REGION, service, config=Config(retries={"total_max_attempts": 1}))


def image(number: int, change: int) -> dict[str, Any]:
    """Makes an item of about 300 bytes. `change` makes each of its states differ: an equal put leaves no record."""
    return {
        "id": {"S": identifier(number)},
        "change": {"N": str(change)},
        "written": {"N": f"{time.time():.3f}"},
        "carrier": {"S": "UA"},
        "distance": {"N": "1400"},
        "delay": {"N": f"{change % 977}.5"},
        "stops": {"L": [{"S": "EWR"}, {"S": "IAH"}]},
        "weather": {"M": {"wind": {"N": "12.65858"}, "visibility": {"N": "10"}}},
    }


def put_all(place: Place, numbers: Sequence[int]) -> None:
    """Puts every item's first state."""
    write_all(place.client("dynamodb"), place.table, [{"PutRequest": {"Item": image(n, 0)}} for n in numbers])


@dataclass(kw_only=True)
class Counts:
    """Counts that the processes share: changes that the table, and records that the handler, has answered."""

    changed: Any = field(default_factory=lambda: _processes.Value("q", 0))
    carried: Any = field(default_factory=lambda: _processes.Value("q", 0))
    stop_writing: Any = field(default_factory=_processes.Event)
    stop_carrying: Any = field(default_factory=_processes.Event)
    lags: Any = field(default_factory=lambda: _processes.Array("d", LAGS_KEPT))
    """Seconds, of the records by turns: a ring."""


def writer(place: Place, counts: Counts, changing: Sequence[int], hot: Sequence[int], per_second: float) -> Any:
    """Makes a process that changes these items until `stop_writing` is set."""
    return _processes.Process(target=_write, args=(place, counts, changing, hot, per_second), daemon=True)


def carrier(place: Place, counts: Counts, longest_lag_seconds: float) -> Any:
    """Makes a process that carries the stream until `stop_carrying` is set."""
    return _processes.Process(target=_carry, args=(place, counts, longest_lag_seconds), daemon=True)


def _write(place: Place, counts: Counts, changing: Sequence[int], hot: Sequence[int], per_second: float) -> None:
    client, chance = place.client("dynamodb"), random.Random(1)  # noqa: S311 — the same changes each time
    absent: set[int] = set()
    started, change = time.monotonic(), 0
    while not counts.stop_writing.is_set():
        numbers: set[int] = set()
        while len(numbers) < MOST_REQUESTS:  # one request takes an item once
            numbers.add(chance.choice(hot if chance.random() < HOT_PART else changing))
        requests: list[dict[str, Any]] = []
        for number in numbers:
            change += 1
            if number not in absent and chance.random() < DELETED_PART:
                absent.add(number)
                requests.append({"DeleteRequest": {"Key": {"id": {"S": identifier(number)}}}})
            else:
                absent.discard(number)
                requests.append({"PutRequest": {"Item": image(number, change)}})
        write_all(client, place.table, requests)
        with counts.changed.get_lock():
            counts.changed.value += len(requests)
        time.sleep(max(0.0, started + change / per_second - time.monotonic()))


class _Context:
    """Lambda's context, as far as a handler asks it."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + INVOCATION_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - time.monotonic()) * 1_000)


def _carry(place: Place, counts: Counts, longest_lag_seconds: float) -> None:
    os.environ.update(
        {
            "OPENSEARCH_ENDPOINT": place.search_url,
            "OPENSEARCH_INDEX": place.index,
            "TABLE_NAME": place.table,
            "PARKING_QUEUE_URL": "http://127.0.0.1:9/queue",  # nothing is to be parked; if it is, this fails
            "SECOND_DELETE_QUEUE_URL": "http://127.0.0.1:9/queue",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": place.aws_url,
            **{name.upper(): value for name, value in CREDENTIALS.items()},
        }
    )
    from sync_dynamodb_stream.handler import handler as deployed  # reads the environment at import

    handler = replace(deployed, delete_again=lambda _: None)  # they would come after the measurement

    reader = DynamoDBStreamReader(client=place.client("dynamodbstreams"), stream_arn=place.stream_arn)
    (shard,) = reader.list_shards()
    iterator: str | None = reader.iterator(shard.shard_id, Position(kind="TRIM_HORIZON"))
    chance = random.Random(2)  # noqa: S311 — the same lags each time
    held: deque[tuple[float, StreamRecord]] = deque()
    while not (counts.stop_carrying.is_set() and not held and counts.carried.value >= counts.changed.value):
        assert iterator is not None, "a stream that is on has no end"
        page = reader.read(shard.shard_id, iterator)
        iterator = page.next_iterator
        due = time.monotonic() + chance.uniform(0, longest_lag_seconds)
        held.extend((due, record) for record in page.records)
        batch: list[StreamRecord] = []
        while held and held[0][0] <= time.monotonic() and len(batch) < HANDED_OVER:
            batch.append(held.popleft()[1])
        if not batch:
            time.sleep(POLL_SECONDS)
            continue
        with contextlib.redirect_stdout(io.StringIO()):  # logs and metrics
            answer = handler({"Records": [record.event_record for record in batch]}, _Context())
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        done = [record.sequence_number for record in batch].index(failed[0]) if failed else len(batch)
        held.extendleft((0.0, record) for record in reversed(batch[done:]))
        _count(counts, batch[:done])


def _count(counts: Counts, records: Sequence[StreamRecord]) -> None:
    now = time.time()
    for record in records:
        written = record.event_record["dynamodb"].get("NewImage", {}).get("written")
        if written:
            counts.lags[counts.carried.value % LAGS_KEPT] = now - float(written["N"])
        counts.carried.value += 1  # this process alone counts it
