"""A pipe from an SQS queue to a function, fire and forget: receive, hand over, delete.

A message is deleted after the function's runner has taken it over, so that a pipe which dies before has lost nothing:
the message comes again when its visibility time-out is over, and lands in the queue's dead-letter queue after as many
receipts as that allows. A message may so be delivered twice, as with AWS. Contract:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html, .../eb-pipes-error-troubleshooting.html
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.runners.asynchronous.settings import MAX_EVENT_BYTES, PipeSettings
from local.runners.asynchronous.status import PipeStatus
from local.runners.counters import Counters

POLL_SECONDS = 1
RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Target(Protocol):
    """What a pipe hands over to: an `AsynchronousRunner`."""

    def wait_for_room(self, timeout_seconds: float) -> bool:
        """False: not now."""

    def accept(self, payload: Any, *, give_back: Callable[[], None]) -> str:
        """Taken over."""


@dataclass(kw_only=True)
class Pipe:
    """One thread that polls. `sqs` is a boto3 client whose read time-out is above the poll."""

    settings: PipeSettings
    sqs: Any
    target: Target
    _counters: Counters[PipeStatus] = field(default_factory=lambda: Counters(PipeStatus()))
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once. Call it once."""
        self._thread = threading.Thread(target=self._run, name=f"pipe-{self.settings.name}", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """Receive no more; False when it was still polling after the time."""
        self._ending.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def status(self) -> PipeStatus:
        """Returns the counters."""
        return self._counters.status()

    def poll(self) -> int:
        """Receive a batch and hand it over. Gives how many messages were."""
        answer = self.sqs.receive_message(
            QueueUrl=self.settings.queue_url,
            MaxNumberOfMessages=self.settings.batch_size,
            WaitTimeSeconds=POLL_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return 0
        self._counters.add(messages_received=len(messages))
        event = [pipe_record(message, self.settings) for message in messages]
        if len(json.dumps(event)) > MAX_EVENT_BYTES:
            _log.warning("pipe %s: Lambda takes no asynchronous event of this size", self.settings.name)
            return 0
        self.target.accept(event, give_back=lambda: self._send_again(messages))
        self._counters.add(messages_handed_over=len(messages))
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        self.sqs.delete_message_batch(QueueUrl=self.settings.queue_url, Entries=entries)
        return len(messages)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                if self.target.wait_for_room(POLL_SECONDS) and not self._ending.is_set():
                    self.poll()
            except Exception as error:  # the messages are in the queue and come again
                if not self._ending.is_set():
                    self._counters.add(failures=1)
                    _log.warning("pipe %s: %s: %s", self.settings.name, type(error).__name__, error)
                self._ending.wait(RETRY_SECONDS)

    def _send_again(self, messages: Sequence[Mapping[str, Any]]) -> None:
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            self.sqs.send_message(
                QueueUrl=self.settings.queue_url,
                MessageBody=message["Body"],
                **({"MessageAttributes": attributes} if attributes else {}),
            )


def pipe_record(message: Mapping[str, Any], settings: PipeSettings) -> dict[str, Any]:
    """A received message as a pipe hands it over; the example event of "Amazon SQS as a source" in EventBridge's guide.

    An attribute of a message keeps its three fields in Lambda's spelling.
    """
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": settings.queue_arn,
        "awsRegion": settings.region,
    }
