"""Fakes and the emulator's process for the tests of the mapping runner and the Kinesis forwarder."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local.runners.invocation import InvokeResult
from local.runners.mapping.settings import MappingSettings
from streams.reader import IteratorExpiredError, Position, ReadResult, ShardInfo
from streams.record import StreamRecord

NOW = 1_700_000_000.0
SUCCESS = InvokeResult(status_code=200, payload=b"null", request_id="request-1")
FAILURE = InvokeResult(
    status_code=200, function_error="Unhandled", payload=b'{"errorType":"E"}', request_id="request-1"
)
THROTTLE = InvokeResult(status_code=429)
STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/lab-table/stream/2024-01-01T00:00:00.000"
KINESIS_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/kinesis-stream-data-lab"


def settings(**changes: Any) -> MappingSettings:
    """Settings of a test, AWS's defaults but for what is named."""
    values: dict[str, Any] = {
        "uuid": "8f0d7c5e-0000-4000-8000-000000000001",
        "function_name": "sync",
        "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:sync",
        "event_source_arn": STREAM_ARN,
        "starting_position": "TRIM_HORIZON",
        "region": "us-east-1",
    }
    return MappingSettings(**{**values, **changes})


def record(sequence: int | str, *, key: str = "k", arrival: float = NOW, padding: int = 0) -> StreamRecord:
    """A stream record whose event member says its sequence number and key."""
    member: dict[str, Any] = {"seq": str(sequence), "key": key}
    if padding:
        member["padding"] = "x" * padding
    return StreamRecord(sequence_number=str(sequence), lane_key=key, arrival_seconds=arrival, event_record=member)


def records(count: int, *, first: int = 1, key: str = "k") -> tuple[StreamRecord, ...]:
    """Records with consecutive sequence numbers."""
    return tuple(record(number, key=key) for number in range(first, first + count))


def reported(*identifiers: Any) -> InvokeResult:
    """A partial batch response."""
    body = {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}
    return InvokeResult(status_code=200, payload=json.dumps(body).encode(), request_id="request-1")


def sequences(of: tuple[StreamRecord, ...]) -> list[int]:
    """The sequence numbers as integers."""
    return [one.sequence for one in of]


@dataclass(kw_only=True)
class FakeReader:
    """A stream in memory; an iterator is `shard/index`, and `errors` are raised by the next reads."""

    shards: dict[str, list[StreamRecord]]
    parents: dict[str, set[str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    expire_after_each_read: bool = False
    page: int = 1000
    listing: Callable[[], None] = lambda: None
    iterators: list[tuple[str, Position]] = field(default_factory=list)
    _valid: set[str] = field(default_factory=set)

    def list_shards(self) -> list[ShardInfo]:
        """The shards there are."""
        self.listing()
        return [ShardInfo(shard_id=shard, parent_ids=frozenset(self.parents.get(shard, ()))) for shard in self.shards]

    def iterator(self, shard_id: str, position: Position) -> str:
        """By index."""
        self.iterators.append((shard_id, position))
        kept = self.shards[shard_id]
        if position.kind == "AFTER_SEQUENCE_NUMBER":
            index = [one.sequence_number for one in kept].index(position.sequence_number or "") + 1
        else:
            index = len(kept) if position.kind == "LATEST" else 0
        self._valid.add(f"{shard_id}/{index}")
        return f"{shard_id}/{index}"

    def read(self, shard_id: str, iterator: str) -> ReadResult:
        """A page."""
        if self.errors:
            raise self.errors.pop(0)
        if iterator not in self._valid:
            raise IteratorExpiredError(iterator)
        index = int(iterator.split("/")[1])
        found = tuple(self.shards[shard_id][index : index + self.page])
        index += len(found)
        if self.expire_after_each_read:
            self._valid.clear()
        else:
            self._valid.add(f"{shard_id}/{index}")
        is_end = shard_id in self.closed and index == len(self.shards[shard_id])
        return ReadResult(records=found, next_iterator=None if is_end else f"{shard_id}/{index}")


@dataclass(kw_only=True)
class FakeFunction:
    """An `Invoke` that remembers its events and answers by a function of them."""

    answer: Callable[[dict[str, Any]], InvokeResult] = lambda _event: SUCCESS
    events: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, function_name: str, event: dict[str, Any]) -> InvokeResult:
        """Invoke."""
        with self._lock:
            self.events.append(event)
            self.at.append(time.monotonic())
        return self.answer(event)

    @property
    def received(self) -> list[dict[str, Any]]:
        """All records of all events, repeats too."""
        with self._lock:
            return [member for event in self.events for member in event["Records"]]


@dataclass(frozen=True, kw_only=True)
class Ministack:
    """A running emulator."""

    endpoint: str

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client to it."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            **options,
        )

    def table(self, name: str, view: str = "NEW_IMAGE") -> str:
        """Make a table with key `id` (S) and a stream; returns the stream's ARN."""
        made = self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        return str(made["TableDescription"]["LatestStreamArn"])

    def stream(self, name: str, shards: int = 1) -> str:
        """Make a Kinesis stream; returns its ARN."""
        client = self.client("kinesis")
        client.create_stream(StreamName=name, ShardCount=shards)
        return str(client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"])


@contextmanager
def running_ministack() -> Iterator[Ministack]:
    """Start the emulator that is installed next to this interpreter, on a free port, and stop it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings_of_process = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("ministack"))],
        env={**os.environ, **settings_of_process},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(endpoint, process)
        yield Ministack(endpoint=endpoint)
    finally:
        process.kill()  # nothing of it is kept, and a graceful end takes seconds
        process.wait()


def _wait_until_healthy(endpoint: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the emulator didn't become healthy")
