"""Fakes for the tests of queue mappings: a clock to move, and a queue with delays and visibility time-outs by it."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from local.runners.queue_mapping.settings import QueueMappingSettings
from tests.service_models.fake_client import speaks

VISIBILITY_SECONDS = 60


def settings(**changes: Any) -> QueueMappingSettings:
    """Settings of a test: AWS's defaults, with `ReportBatchItemFailures`, but for what is named."""
    values: dict[str, Any] = {
        "function_name": "work",
        "queue_arn": "arn:aws:sqs:us-east-1:000000000000:work",
        "queue_url": "url",
        "visibility_seconds": VISIBILITY_SECONDS,
        "function_timeout_seconds": 10,
        "report_batch_item_failures": True,
    }
    return QueueMappingSettings(**values | changes)


@dataclass(kw_only=True)
class Clock:
    """Seconds from any start. It stands until a test moves it."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> bool:
        """Sleeps, as an event's `wait` does whom nobody sets."""
        self.now += seconds
        return False


@dataclass(kw_only=True)
class Message:
    """A message in the queue; `at` is when it can be received."""

    message_id: str
    body: str
    at: float
    receipts: int = 0
    receipt: str = ""


@speaks("sqs")
@dataclass(kw_only=True)
class ClockedQueue:
    """An SQS client of one queue. An empty receipt with a wait lets the wait pass. `failures` are raised first."""

    clock: Clock
    messages: list[Message] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    undeletable: set[str] = field(default_factory=set)
    most_at_a_time: int = 10
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def send(self, *bodies: str, delay_seconds: float = 0) -> list[str]:
        """Sends; returns the ids."""
        made = [
            Message(message_id=f"m{next(self._numbers)}", body=body, at=self.clock.now + delay_seconds)
            for body in bodies
        ]
        self.messages += made
        return [message.message_id for message in made]

    @property
    def bodies(self) -> list[str]:
        """Bodies of all messages, of hidden and delayed ones too."""
        return [message.body for message in self.messages]

    def receive_message(self, *, MaxNumberOfMessages: int, WaitTimeSeconds: int, **_: Any) -> dict[str, Any]:
        """Receives; hides what it gives."""
        self._fail("receive_message")
        if not any(message.at <= self.clock.now for message in self.messages):
            self.clock.sleep(WaitTimeSeconds)
        due = [message for message in self.messages if message.at <= self.clock.now]
        given = due[: min(MaxNumberOfMessages, self.most_at_a_time)]
        for message in given:
            message.at = self.clock.now + VISIBILITY_SECONDS
            message.receipts += 1
            message.receipt = f"r{next(self._numbers)}"
        if not given:
            return {}
        return {
            "Messages": [
                {"MessageId": each.message_id, "ReceiptHandle": each.receipt, "Body": each.body, "MD5OfBody": "md5",
                 "Attributes": {"ApproximateReceiveCount": str(each.receipts)}}
                for each in given
            ]
        }  # fmt: skip

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:
        """Deletes what was received."""
        self._fail("delete_message_batch")
        assert len(Entries) <= 10, "SQS takes ten"
        by_receipt = {message.receipt: message for message in self.messages}
        failed = [entry for entry in Entries if by_receipt[entry["ReceiptHandle"]].message_id in self.undeletable]
        gone = {entry["ReceiptHandle"] for entry in Entries if entry not in failed}
        self.messages = [message for message in self.messages if message.receipt not in gone]
        return {"Failed": [{"Id": entry["Id"]} for entry in failed]} if failed else {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        """Counts visible and hidden messages; a message that was never received and isn't due is delayed."""
        visible = sum(message.at <= self.clock.now for message in self.messages)
        hidden = sum(message.at > self.clock.now and message.receipts > 0 for message in self.messages)
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return {"Attributes": dict(zip(names, (str(visible), str(hidden)), strict=True))}

    def _fail(self, operation: str) -> None:
        if self.failures and self.failures[0][0] == operation:
            raise self.failures.pop(0)[1]
