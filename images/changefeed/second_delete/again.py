"""Puts the deletes of a batch into a queue that hands them over a quarter of an hour later, to be looked at again.

A bulk request whose end nobody saw (a time-out, a lost connection, a killed function) may be applied minutes later. Its
puts lose against what the index holds by then; only where the index holds nothing, because the item was deleted and
OpenSearch has forgotten the delete (`index.gc_deletes`), a put brings the item back. Who was killed can't say which
requests are in doubt, so all deleted documents are looked at again, and deleted again if they are back (`function`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import SecondDeleteError

KIND = "second_delete"
LARGEST_MESSAGE_BYTES = 1_000_000
"""Below SQS's 1 MiB."""

Delete = tuple[str, AttributeMap]
"""A deleted document's id, and its item's key."""


@dataclass(frozen=True)
class SecondDeletes:
    """What one message holds."""

    index: str
    deletes: list[Delete]


class DeleteAgain:
    """A callable that takes the deletes of one batch; for one consumer's index."""

    def __init__(self, *, queue_url: str, index: str, client: Callable[[], Any]) -> None:
        """`client` gives a boto3 SQS client; it is asked for with the first delete."""
        self._queue_url = queue_url
        self._index = index
        self._client = client

    def __call__(self, deletes: Sequence[Delete]) -> None:
        """Sends them. Raises SecondDeleteError when the queue doesn't take them: then they must be reported."""
        from botocore.exceptions import BotoCoreError, ClientError  # most containers delete nothing for a while

        try:
            for text in _messages(deletes, self._index):
                self._client().send_message(QueueUrl=self._queue_url, MessageBody=text)
        except (BotoCoreError, ClientError) as error:
            raise SecondDeleteError(f"The queue of second deletes refused a batch: {type(error).__name__}.") from error


def _messages(deletes: Sequence[Delete], index: str) -> Iterator[str]:
    text = json.dumps({"kind": KIND, "index": index, "deletes": deletes})
    if len(text) <= LARGEST_MESSAGE_BYTES:
        yield text
        return
    middle = len(deletes) // 2  # one delete has at most 21 KB as JSON
    yield from _messages(deletes[:middle], index)
    yield from _messages(deletes[middle:], index)


def read_message(body: str) -> SecondDeletes | None:
    """Reads a message; None for one that no consumer wrote."""
    try:
        message = json.loads(body)
        deletes = [(identifier, keys) for identifier, keys in message["deletes"]]
        kind, index = message["kind"], message["index"]
    except (ValueError, KeyError, TypeError):
        return None
    right = all(isinstance(one, str) and isinstance(keys, dict) and keys for one, keys in deletes)
    return SecondDeletes(index, deletes) if right and deletes and kind == KIND and isinstance(index, str) else None
