"""Lambda's entry for second deletes: each message of the queue is settled, or handed over again by the queue.

A delete that finds a newer document is done, with one exception: a document that is itself from before the delete's
quarter of an hour may be what came back, under the delete's own version or one of its tie. Then the item is looked at:
if it is gone, the document is deleted under the version after its own.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from changefeed.batch_response import PartialBatchResponse
from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, AttributeMap
from changefeed.errors import BulkRequestError, ItemReadError
from changefeed.pipeline import LambdaContext
from changefeed.second_delete.again import Delete, SecondDeletes, read_message
from changefeed.second_delete.environment import SecondDeleteEnvironment
from changefeed.write.bulk_answer import ItemVerdict, Verdict, read_bulk_answer
from changefeed.write.bulk_body import delete_line
from changefeed.write.bulk_post import SendBulk
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import (
    REQUEST_TIMEOUT_SECONDS,
    RESERVED_SECONDS,
    SHORTEST_TIMEOUT_SECONDS,
    ReadItems,
)
from changefeed.write.item_reader import ItemReader
from lambda_kit.aws_clients import aws_clients
from lambda_kit.telemetry import log

OLD_MICROSECONDS = 60 * MICROSECONDS_PER_SECOND
"""A document whose version is younger was written after the delete: nothing that was late can have it."""


@dataclass(frozen=True, kw_only=True)
class SecondDelete:
    """Takes SQS's event; `send` has a bulk sender for each index. Clock in seconds since the epoch."""

    send: Mapping[str, SendBulk]
    read_items: ReadItems
    clock: Callable[[], float] = time.time

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> PartialBatchResponse:
        """Settles each message. Reports those that have to come again, as all do for which no time is left."""

        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS

        failed = [record["messageId"] for record in event["Records"] if not self._settle(record["body"], seconds_left)]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    def _settle(self, body: str, seconds_left: Callable[[], float]) -> bool:
        if seconds_left() <= 0:
            return False
        message = read_message(body)
        if message is None or message.index not in self.send:
            log("second deletes refused", level="ERROR", reason="unknown_index" if message else "unknown_message")
            return False
        counts: Counter[str] = Counter()
        try:
            again = self._delete(message, counts, seconds_left)
            if again.deletes:
                self._delete(again, counts, seconds_left)
        except (BulkRequestError, ItemReadError) as error:
            counts[type(error).__name__] += 1
        left = sorted(counts.keys() - {"done", "newer", "came_back"})
        log("second deletes sent", index=message.index, deletes=len(message.deletes), retry=left, outcomes=counts)
        return not left

    def _delete(self, message: SecondDeletes, counts: Counter[str], seconds_left: Callable[[], float]) -> SecondDeletes:
        """Sends deletes and counts how they end. Gives those to send once more, under a higher version."""
        old = int(self.clock() * MICROSECONDS_PER_SECOND) - OLD_MICROSECONDS
        doubtful: dict[str, tuple[int, AttributeMap]] = {}
        verdicts = _sent(self.send[message.index], message.deletes, seconds_left())
        for (identifier, _, keys), verdict in zip(message.deletes, verdicts, strict=True):
            current = verdict.current_version
            if verdict.verdict is Verdict.DONE:
                counts["done"] += 1
            elif current is None:
                counts[verdict.error_type or "unknown"] += 1
            elif current < old:
                doubtful[identifier] = current + 1, keys
            else:
                counts["newer"] += 1
        if not doubtful:
            return SecondDeletes(index=message.index, deletes=[])
        items = self.read_items({identifier: keys for identifier, (_, keys) in doubtful.items()}, seconds_left)
        gone = [(one, version, keys) for one, (version, keys) in doubtful.items() if items[one] is None]
        counts["came_back"] += len(gone)
        counts["newer"] += len(doubtful) - len(gone)
        return SecondDeletes(index=message.index, deletes=gone)


def _sent(send: SendBulk, deletes: list[Delete], seconds: float) -> list[ItemVerdict]:
    body = b"".join(delete_line(identifier, version) for identifier, version, _ in deletes)
    status, answer = send(body, max(SHORTEST_TIMEOUT_SECONDS, min(REQUEST_TIMEOUT_SECONDS, seconds)))
    return read_bulk_answer(status, answer, expected_items=len(deletes))


def second_delete_function(
    environment: SecondDeleteEnvironment,
) -> Callable[[Mapping[str, Any], LambdaContext], PartialBatchResponse]:
    """Makes Lambda's entry."""
    client = aws_clients(environment.region)

    def sender(index: str) -> SendBulk:
        return BulkTransport(endpoint=environment.endpoint, index=index, region=environment.region)

    return SecondDelete(
        send={index: sender(index) for index in environment.indexes},
        read_items=ItemReader(table_name=environment.table_name, client=lambda: client("dynamodb")),
    )
