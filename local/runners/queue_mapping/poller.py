"""Polls a queue for one mapping: receive a batch, invoke, delete what is done with.

What isn't deleted is not sent back: it comes again when the queue's visibility time-out is over, and goes to the
queue's dead letters after as many receipts as that allows. So a message may be delivered twice, as with AWS. A batch
that was throttled is tried again as long as it is hidden. Contract:
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, .../services-sqs-errorhandling.html
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.runners.counters import Counters
from local.runners.invocation import Invoke
from local.runners.polling.backoff import Backoff
from local.runners.queue_mapping.collector import BatchCollector, Received
from local.runners.queue_mapping.response import Answered, NotInvoked, read_answer
from local.runners.queue_mapping.settings import MOST_WITHOUT_WINDOW, QueueMappingSettings
from local.runners.queue_mapping.status import QueueMappingStatus

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class QueuePoller:
    """One poller. `sqs` is a boto3 client; `ending` is set when the mapping stops."""

    settings: QueueMappingSettings
    sqs: Any
    invoke: Invoke
    counters: Counters[QueueMappingStatus]
    ending: threading.Event
    backoff: Backoff = field(default_factory=Backoff)
    clock: Callable[[], float] = time.monotonic
    _collector: BatchCollector = field(init=False)

    def __post_init__(self) -> None:
        """Makes the collector; nothing is received yet."""
        self._collector = BatchCollector(
            settings=self.settings, receive=self._receive, pause=self.ending.wait, clock=self.clock
        )

    def poll(self) -> int:
        """Handles one batch and returns its size, 0 when there was none. Raises what SQS raises at the receipt."""
        batch = self._collector.collect()
        if batch:
            answer = self._answer(batch)
            done = [each for each in batch if isinstance(answer, Answered) and each.message_id not in answer.returned]
            deleted = self._delete(done)
            self.counters.add(messages_deleted=deleted, messages_returned=len(batch) - deleted)
        return len(batch)

    def log(self, what: str, error: Exception) -> None:
        """Writes a warning with the queue's name, and nothing of a message."""
        _log.warning("queue %s: %s: %s: %s", self.settings.queue_name, what, type(error).__name__, error)

    def _receive(self, most: int, wait_seconds: int) -> list[Mapping[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.settings.queue_url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[Mapping[str, Any]] = answer.get("Messages", [])
        self.counters.add(messages_received=len(messages))
        return messages

    def _answer(self, batch: Sequence[Received]) -> Answered | NotInvoked:
        """Invokes until the function ran, or the first message of the batch may be received by others."""
        hidden_until = min(each.hidden_until for each in batch)
        refusals = 0
        while self.clock() < hidden_until:
            answer = self._invoke(batch)
            if isinstance(answer, Answered):
                partly = bool(answer.returned) and not answer.is_failure
                counts = {"failed_invocations": int(answer.is_failure), "partial_failures": int(partly)}
                self.counters.add(invocations=1, **counts)
                return answer
            self.counters.add(not_invoked=1)
            refusals += 1
            if self.ending.wait(self.backoff.seconds(refusals)):
                break
        return NotInvoked()

    def _invoke(self, batch: Sequence[Received]) -> Answered | NotInvoked:
        try:
            result = self.invoke(self.settings.function_name, {"Records": [each.record for each in batch]})
        except Exception as error:  # whatever it is, the messages are still in the queue
            self.log(f"can't invoke {self.settings.function_name}", error)
            return NotInvoked()
        report = self.settings.report_batch_item_failures
        return read_answer(result, [each.message_id for each in batch], report_batch_item_failures=report)

    def _delete(self, done: Sequence[Received]) -> int:
        """Returns how many messages are gone. The others come again, which an at-least-once function must bear."""
        deleted = 0
        for start in range(0, len(done), MOST_WITHOUT_WINDOW):
            part = done[start : start + MOST_WITHOUT_WINDOW]
            entries = [{"Id": str(number), "ReceiptHandle": each.receipt} for number, each in enumerate(part)]
            try:
                answer = self.sqs.delete_message_batch(QueueUrl=self.settings.queue_url, Entries=entries)
            except Exception as error:
                self.log("takes no deletes", error)
                continue
            deleted += len(part) - len(answer.get("Failed", []))
        return deleted
