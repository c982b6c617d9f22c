"""Runs a pipe from an SQS queue to a function, fire and forget: receive, hand over, delete.

A message is deleted after the function's runner has taken it over, so that a pipe which dies earlier loses nothing:
the message comes again when its visibility time-out is over, and lands in the queue's dead-letter queue after as many
receipts as that allows. So a message may be delivered twice, as with AWS. Contract:
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
from local.runners.queue_record import queue_record

POLL_SECONDS = 1
RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Target(Protocol):
    """What a pipe hands over to: an `AsynchronousRunner`."""

    def wait_for_room(self, timeout_seconds: float) -> bool:
        """Waits until an event is welcome; False: not now."""

    def accept(self, payload: Any, *, give_back: Callable[[], None]) -> str:
        """Takes the event over."""


@dataclass(kw_only=True)
class Pipe:
    """One thread that polls. `sqs` is a boto3 client whose read time-out is above the poll.

    `own_sqs` sends what comes back at a stop, by default the same one. A pipe of AWS never does that, so its role has
    no right to.
    """

    settings: PipeSettings
    sqs: Any
    target: Target
    own_sqs: Any = None
    _counters: Counters[PipeStatus] = field(default_factory=lambda: Counters(PipeStatus()))
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins; returns at once. Call it once."""
        self._thread = threading.Thread(target=self._run, name=f"pipe-{self.settings.name}", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """Stops receiving; False when it was still polling after the time."""
        self._ending.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def status(self) -> PipeStatus:
        """Returns the counters."""
        return self._counters.status()

    def poll(self) -> int:
        """Receives a batch and hands it over. Returns how many messages that were."""
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
        event = [queue_record(message, self.settings.queue_arn) for message in messages]
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
            (self.own_sqs or self.sqs).send_message(
                QueueUrl=self.settings.queue_url,
                MessageBody=message["Body"],
                **({"MessageAttributes": attributes} if attributes else {}),
            )
