"""Fakes and the emulator's process for the tests of the mapping runner and the Kinesis forwarder."""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.config import Config

from local.runners.invocation import InvokeResult
from local.runners.mapping.settings import MappingSettings
from local.services.aws_client import aws_client
from local.services.ministack import REGION, MiniStack
from local.services.ports import free_port
from tests.streams.stream_fakes import STREAM_ARN

SUCCESS = InvokeResult(status_code=200, payload=b"null", request_id="request-1")
FAILURE = InvokeResult(
    status_code=200, function_error="Unhandled", payload=b'{"errorType":"E"}', request_id="request-1"
)
THROTTLE = InvokeResult(status_code=429)


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


def reported(*identifiers: Any) -> InvokeResult:
    """A partial batch response."""
    body = {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}
    return InvokeResult(status_code=200, payload=json.dumps(body).encode(), request_id="request-1")


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

    def client(self, service: str, *, config: Config | None = None) -> Any:
        """Makes a boto3 client to it."""
        return aws_client(self.endpoint, REGION, service, config=config)

    def table(self, name: str, view: str = "NEW_IMAGE") -> str:
        """Makes a table with key `id` (S) and a stream; returns the stream's ARN."""
        made = self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        return str(made["TableDescription"]["LatestStreamArn"])

    def stream(self, name: str, shards: int = 1) -> str:
        """Makes a Kinesis stream; returns its ARN."""
        client = self.client("kinesis")
        client.create_stream(StreamName=name, ShardCount=shards)
        return str(client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"])


@contextmanager
def running_ministack() -> Iterator[Ministack]:
    """Starts the stack's own emulator on a free port, and stops it at the end."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ministack = MiniStack(port=free_port(4800, 4899), directory=directory / "aws", log_file=directory / "aws.log")
        ministack.launch()
        try:
            ministack.wait()
            yield Ministack(endpoint=ministack.endpoint_url)
        finally:
            ministack.stop()
