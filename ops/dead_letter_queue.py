"""Takes every message of a dead-letter queue once a run, holds it while it is worked on, deletes it or gives it back.

A message that isn't deleted stays held until the end of the run, so that none comes twice; then its visibility is set
to 0. A run that is killed gives nothing back: SQS does, after `VISIBILITY_SECONDS`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

VISIBILITY_SECONDS = 600
MESSAGES_PER_CALL = 10  # the most of ReceiveMessage and of the batch calls
WAIT_SECONDS = 1  # above 0 all of SQS's servers are asked, so an empty answer means something
EMPTY_ANSWERS = 2
STALE_ANSWERS = 50
"""The queue counts as read after this many answers in a row with only messages that are held already."""
MOST_HELD = 20_000
"""Far below the 120,000 messages in flight that a queue allows; a receipt is about 1 KB in memory."""


@dataclass(kw_only=True)
class DeadLetterQueue:
    """One queue by a boto3 `sqs` client. `clock` gives seconds from any start."""

    client: Any
    url: str
    clock: Callable[[], float] = time.monotonic
    most_held: int = MOST_HELD
    is_full: bool = False
    """Set when `messages` ended because too many are held."""
    _receipts: dict[str, str] = field(default_factory=dict)
    _extended_at: float = 0.0

    def count(self) -> int:
        """Asks for the approximate number of messages, without those in flight."""
        return self._ask("ApproximateNumberOfMessages")

    def in_flight(self) -> int:
        """Asks for the approximate number of messages that a reader holds, this one or another."""
        return self._ask("ApproximateNumberOfMessagesNotVisible")

    def _ask(self, name: str) -> int:
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def messages(self) -> Iterator[tuple[str, str]]:
        """Yields id and body of each message, once, until none is left or too many are held."""
        empty = stale = 0
        self._extended_at = self.clock()
        while empty < EMPTY_ANSWERS and stale < STALE_ANSWERS:
            if len(self._receipts) >= self.most_held:
                self.is_full = True
                return
            self.extend()
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=MESSAGES_PER_CALL,
                VisibilityTimeout=VISIBILITY_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
            ).get("Messages", [])
            # SQS delivers at least once: a second copy's receipt replaces the first's.
            new = [message for message in answer if message["MessageId"] not in self._receipts]
            self._receipts.update((message["MessageId"], message["ReceiptHandle"]) for message in answer)
            empty = 0 if answer else empty + 1
            stale = 0 if new else stale + 1
            yield from ((message["MessageId"], message["Body"]) for message in new)

    def delete(self, names: Sequence[str]) -> set[str]:
        """Deletes settled messages. Returns those that SQS did not delete."""
        failed: set[str] = set()
        for entries in self._entries(names):
            answer = self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)
            ids = {int(each["Id"]) for each in answer.get("Failed", [])}
            failed |= {names[number] for number in ids}
        for name in names:
            if name not in failed:
                del self._receipts[name]
        return failed

    def extend(self) -> None:
        """Keeps the held messages invisible to others; sends something only when a third of the time is over."""
        if self.clock() - self._extended_at >= VISIBILITY_SECONDS / 3:
            self._extended_at = self.clock()
            self._set_visibility(VISIBILITY_SECONDS)

    def give_back(self) -> None:
        """Makes everything that is still held visible again, at once."""
        self._set_visibility(0)
        self._receipts.clear()

    def _set_visibility(self, seconds: int) -> None:
        for entries in self._entries(list(self._receipts)):
            try:
                self.client.change_message_visibility_batch(
                    QueueUrl=self.url, Entries=[entry | {"VisibilityTimeout": seconds} for entry in entries]
                )
            except (BotoCoreError, ClientError):
                continue  # SQS makes them visible when their time is over, and a second copy does no harm

    def _entries(self, names: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        for start in range(0, len(names), MESSAGES_PER_CALL):
            part = names[start : start + MESSAGES_PER_CALL]
            yield [{"Id": str(start + n), "ReceiptHandle": self._receipts[name]} for n, name in enumerate(part)]
