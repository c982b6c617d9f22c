"""Puts a record that can't succeed into the consumer's dead-letter queue, whole and with its reason.

A message holds what `redrive` needs: keys, operation, version with its span, and the record as it came. It is the only
place where an item's content is kept outside table and index; the queue is encrypted and its role is the consumer's
alone.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import ParkingError
from changefeed.plan.rejection import Rejection

LARGEST_MESSAGE_BYTES = 1_000_000
"""Below SQS's 1 MiB (since 2025; "SQS increases maximum message payload size to 1 MiB"), attributes included."""


class Parking:
    """A callable that parks one rejection; for one consumer and its index."""

    def __init__(self, *, queue_url: str, index: str, client: Callable[[], Any]) -> None:
        """`client` gives a boto3 SQS client; it is asked for with the first record to park."""
        self._queue_url = queue_url
        self._index = index
        self._client = client

    def __call__(self, rejection: Rejection) -> None:
        """Park the record. Raises ParkingError when the queue doesn't take it: then it must be reported for retry."""
        from botocore.exceptions import BotoCoreError, ClientError  # most containers never park anything

        body = parked_message(rejection, index=self._index, parked_at=datetime.now(UTC))
        try:
            self._client().send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": rejection.code}},
            )
        except (BotoCoreError, ClientError) as error:
            raise ParkingError(f"The parking queue did not take a record: {type(error).__name__}.") from error


def parked_message(rejection: Rejection, *, index: str, parked_at: datetime) -> str:
    """Writes the message's JSON. A record too large for one is left out; its keys are enough to read it again."""
    record = rejection.record
    keys: AttributeMap | None = record.keys if record else None
    message: dict[str, Any] = {
        "kind": "parked_record",
        "reason": {"code": rejection.code, "message": rejection.message},
        "index": index,
        "keys": keys,
        "operation": record.operation if record else None,
        "version": record.version if record else None,
        "version_span": record.version_span if record else None,
        "sequence_number": rejection.sequence_number,
        "parked_at": parked_at.isoformat(),
        "record": rejection.raw,
    }
    # The standard library's ASCII: orjson refuses half surrogates and big integers, SQS refuses U+FFFF, and a record
    # that can be neither written nor parked would hold up its shard.
    text = json.dumps(message)
    if len(text) > LARGEST_MESSAGE_BYTES:
        text = json.dumps(message | {"record": None, "record_bytes": len(text)})
    return text
