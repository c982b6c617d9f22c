"""Fakes for the tests of pipe and runner: a queue with visibility time-outs, a function with given answers."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.runners.asynchronous.event import AsynchronousEvent, Ended
from local.runners.asynchronous.settings import AsynchronousSettings, PipeSettings
from local.runners.invocation import InvokeResult
from tests.service_models.fake_client import speaks

NOW = 1_700_000_000.0
FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:work"
DONE = InvokeResult(status_code=200, payload=b'{"state": "succeeded"}')
ERROR = InvokeResult(
    status_code=200, function_error="Unhandled", payload=b'{"errorType": "E", "errorMessage": "r: code: text"}'
)
THROTTLED = None
"""What an attempt gives when the function did not run."""


def settings(**changes: Any) -> AsynchronousSettings:
    """Settings of a test, AWS's defaults but for what is named."""
    return AsynchronousSettings(**{"function_name": "work", "function_arn": FUNCTION_ARN} | changes)


PIPE = PipeSettings(
    name="pipe",
    queue_arn="arn:aws:sqs:us-east-1:000000000000:work",
    queue_url="url",
    function_name="work",
    batch_size=1,
)


@speaks("sqs")
@dataclass(kw_only=True)
class FakeQueue:
    """An SQS client of one queue. A received message is hidden until `time_out_visibility`. `failures`: raised next."""

    visible: list[dict[str, Any]] = field(default_factory=list)
    hidden: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send_message(self, *, QueueUrl: str, MessageBody: str, **attributes: Any) -> dict[str, Any]:
        """Send."""
        with self._lock:
            self._fail("send_message")
            number = str(next(self._numbers))
            self.visible.append(
                {"MessageId": number, "Body": MessageBody, "MD5OfBody": "m", "Attributes": {}, **attributes}
            )
            return {"MessageId": number}

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:
        """Receive; hides them."""
        with self._lock:
            self._fail("receive_message")
            taken, self.visible = self.visible[:MaxNumberOfMessages], self.visible[MaxNumberOfMessages:]
            received = [{**message, "ReceiptHandle": f"r{next(self._numbers)}"} for message in taken]
            self.hidden |= {message["ReceiptHandle"]: message for message in received}
            return {"Messages": received} if received else {}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:
        """Delete what was received."""
        with self._lock:
            self._fail("delete_message_batch")
            for entry in Entries:
                self.hidden.pop(entry["ReceiptHandle"], None)
            return {}

    def time_out_visibility(self) -> None:
        """What was received and not deleted comes again."""
        with self._lock:
            self.visible += list(self.hidden.values())
            self.hidden = {}

    @property
    def bodies(self) -> list[str]:
        """All messages, hidden ones too."""
        with self._lock:
            return [message["Body"] for message in [*self.visible, *self.hidden.values()]]

    def _fail(self, operation: str) -> None:
        if self.failures and self.failures[0][0] == operation:
            raise self.failures.pop(0)[1]


@dataclass(kw_only=True)
class FakeAttempt:
    """An `Attempt` that remembers the events it got. It holds on to one while `gate` is not set."""

    answer: Callable[[AsynchronousEvent], InvokeResult | None] = lambda _event: DONE
    gate: threading.Event = field(default_factory=threading.Event)
    seen: list[AsynchronousEvent] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Open, until a test closes it."""
        self.gate.set()

    def __call__(self, event: AsynchronousEvent) -> InvokeResult | None:
        """Attempt."""
        with self._lock:
            self.seen.append(event)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.gate.wait(10)
        with self._lock:
            self._at_once -= 1
        return self.answer(event)


@dataclass(kw_only=True)
class FakeDestination:
    """A `Deliver` that keeps what it got; `failures` are raised first."""

    delivered: list[Ended] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def __call__(self, ended: Ended, now: float) -> bool:
        """Deliver."""
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(ended)
        return True
