"""Lambda's entry for second deletes: looks whether what was deleted a quarter of an hour ago is back.

Most documents are still gone, and that is all. One that is there was put again by a later change, or came back. Its
version says which may be: nothing that was late has a young one. For an old one the item is read, and if it is gone,
the document is deleted under the version after its own. To delete without looking would be wrong: in a tie of one
second a delete can have a higher version than the put behind it.

The queue is the retry layer: what isn't answered for comes again after the queue's visibility time-out, and is put
aside as a dead letter in the end.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from changefeed.batch_response import PartialBatchResponse
from changefeed.decode.change_record import MICROSECONDS_PER_SECOND
from changefeed.errors import BulkRequestError, ItemReadError
from changefeed.pipeline import LambdaContext
from changefeed.second_delete.again import Delete, read_message
from changefeed.second_delete.document_versions import DocumentVersions
from changefeed.second_delete.environment import SecondDeleteEnvironment
from changefeed.write.bulk_answer import Verdict, read_bulk_answer
from changefeed.write.bulk_body import delete_line
from changefeed.write.bulk_post import SendBulk
from changefeed.write.bulk_transport import BulkTransport
from changefeed.write.bulk_writer import RESERVED_SECONDS, ReadItems, request_timeout
from changefeed.write.item_reader import ItemReader
from changefeed.write.pending_write import CLOCK_MARGIN_MICROSECONDS
from lambda_kit.aws_clients import aws_clients
from lambda_kit.telemetry import log

OLD_MICROSECONDS = 60 * MICROSECONDS_PER_SECOND
"""A document whose version is younger was written after the delete: nothing that was late can have it.

One of the future says nothing of when it was written."""


class FindVersions(Protocol):
    """Gives the versions of the documents that are there, in real time. Raises BulkRequestError without an answer."""

    def __call__(self, ids: Sequence[str], timeout_seconds: float, /) -> Mapping[str, int]: ...


@dataclass(frozen=True, kw_only=True)
class Target:
    """One consumer's index."""

    find_versions: FindVersions
    send: SendBulk


@dataclass(frozen=True, kw_only=True)
class SecondDelete:
    """Takes SQS's event; `targets` by the index's name. Clock in seconds since the epoch."""

    targets: Mapping[str, Target]
    read_items: ReadItems
    clock: Callable[[], float] = time.time

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> PartialBatchResponse:
        """Settles each message. Reports those that have to come again, as all do for which no time is left."""

        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS

        failed = [record["messageId"] for record in event["Records"] if not self._settle(record["body"], seconds_left)]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    def _settle(self, body: str, seconds_left: Callable[[], float]) -> bool:
        message = read_message(body)
        if message is None or message.index not in self.targets:
            log("second deletes refused", level="ERROR", reason="unknown_index" if message else "unknown_message")
            return False
        if seconds_left() <= 0:
            return False
        try:
            back = self._delete_what_is_back(self.targets[message.index], message.deletes, seconds_left)
        except (BulkRequestError, ItemReadError) as error:
            log("second deletes come again", level="WARNING", index=message.index, reason=type(error).__name__)
            return False
        level = "WARNING" if back else "INFO"
        log("second deletes settled", level=level, index=message.index, deletes=len(message.deletes), came_back=back)
        return True

    def _delete_what_is_back(self, target: Target, deletes: Sequence[Delete], seconds_left: Callable[[], float]) -> int:
        """Gives how many documents had come back. Raises BulkRequestError and ItemReadError for what is unanswered."""
        now = int(self.clock() * MICROSECONDS_PER_SECOND)
        young = range(now - OLD_MICROSECONDS, now + CLOCK_MARGIN_MICROSECONDS + 1)
        found = target.find_versions([identifier for identifier, _ in deletes], request_timeout(seconds_left()))
        doubtful = {key: keys for key, keys in deletes if key in found and found[key] not in young}
        if not doubtful:
            return 0
        items = self.read_items(doubtful, seconds_left)
        back = [identifier for identifier in doubtful if items[identifier] is None]
        if not back:
            return 0
        body = b"".join(delete_line(identifier, found[identifier] + 1) for identifier in back)
        status, answer = target.send(body, request_timeout(seconds_left()))
        verdicts = read_bulk_answer(status, answer, expected_items=len(back))
        if any(verdict.verdict is not Verdict.DONE for verdict in verdicts):  # a conflict: it has moved since
            raise BulkRequestError("Not all of the documents that came back were deleted.")
        return len(back)


def second_delete_function(
    environment: SecondDeleteEnvironment,
) -> Callable[[Mapping[str, Any], LambdaContext], PartialBatchResponse]:
    """Makes Lambda's entry."""
    client = aws_clients(environment.region)
    endpoint, region = environment.endpoint, environment.region

    def target(index: str) -> Target:
        return Target(
            find_versions=DocumentVersions(
                send=BulkTransport(endpoint=endpoint, index=index, region=region, operation="_mget")
            ),
            send=BulkTransport(endpoint=endpoint, index=index, region=region),
        )

    return SecondDelete(
        targets={index: target(index) for index in environment.indexes},
        read_items=ItemReader(table_name=environment.table_name, client=lambda: client("dynamodb")),
    )
