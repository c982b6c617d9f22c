"""Reads a table page by page for a backfill, and decides which version the items of a page claim.

The version is a time before the page was read, by DynamoDB's own clock, minus a margin: every change that the page
doesn't show has a higher one, so it wins, whenever it arrives. The time is the `Date` of the answer *before* the
page's request; that of the page's own answer would lie after the read, and a change made in between would lose. A
delay between the two answers only makes the version lower, and lower is always safe: at worst a document that the
stream has lost a change of stays as it is, which `verify --repair` finds.
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND, AttributeMap, ChangeRecord, Operation
from changefeed.errors import ItemReadError
from changefeed.write.item_reader import wire_key
from lambda_kit.errors import SettingsError

MARGIN_MICROSECONDS = 60 * MICROSECONDS_PER_SECOND
"""For clocks inside DynamoDB that differ, and for changes' times being rounded down to a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """`changes` as the handlers' plan takes them; `next_key` None after the last page; `read_units` as billed."""

    changes: Sequence[ChangeRecord]
    next_key: AttributeMap | None
    read_units: float


class PageReader:
    """Reads pages of one table, consistently. Good for one invocation: it begins with DynamoDB's time of its making."""

    def __init__(
        self,
        *,
        table_name: str,
        client: Any,
        clock: Callable[[], float] = time.time,
        margin_microseconds: int = MARGIN_MICROSECONDS,
    ) -> None:
        """`client` is a boto3 DynamoDB client. Raises ItemReadError when the table doesn't answer."""
        self._table_name = table_name
        self._client = client
        self._clock = clock
        self._margin = margin_microseconds
        answer = self._call("describe_table")  # says both what the keys are called and what time it is
        self._key_names = [part["AttributeName"] for part in answer["Table"]["KeySchema"]]

    def __call__(self, *, segment: int, total_segments: int, start_key: AttributeMap | None, limit: int) -> Page:
        """Reads the next page of a segment: at most `limit` items and 1 MB. Raises ItemReadError without an answer."""
        version = self._server_time - self._margin
        read_at = int(self._clock() * MICROSECONDS_PER_SECOND)
        answer = self._call(
            "scan",
            Segment=segment,
            TotalSegments=total_segments,
            Limit=limit,
            ConsistentRead=True,
            ReturnConsumedCapacity="TOTAL",
            **({"ExclusiveStartKey": wire_key(start_key)} if start_key else {}),
        )
        next_key = answer.get("LastEvaluatedKey")
        return Page(
            changes=[self._change(image, version, read_at) for image in answer["Items"]],
            next_key=event_key(next_key) if next_key else None,
            read_units=float(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0)),
        )

    def _change(self, image: AttributeMap, version: int, read_at: int) -> ChangeRecord:
        keys = event_key({name: image[name] for name in self._key_names})
        return ChangeRecord(
            sequence_number="0",  # it has none; only a stream's response would report it
            operation=Operation.MODIFY,
            keys=keys,
            image=image,
            version=version,
            version_span=1,
            in_order=False,
            # Without the image: the table has it, and whoever settles a parked record reads it there.
            raw={"eventSource": "driftless:backfill", "dynamodb": {"Keys": keys}},
            read_at=read_at,
        )

    def _call(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # a cold start imports them with the client

        try:
            answer = getattr(self._client, operation)(TableName=self._table_name, **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            if code in ("ValidationException", "ResourceNotFoundException", "AccessDeniedException"):
                raise SettingsError(f"DynamoDB refuses {operation} of {self._table_name}: {code}.") from error
            raise ItemReadError(f"{operation} of {self._table_name} failed: {code}.") from error
        except BotoCoreError as error:
            raise ItemReadError(f"{operation} of {self._table_name} failed: {type(error).__name__}.") from error
        self._server_time = server_time(answer)
        return answer


def server_time(answer: Mapping[str, Any]) -> int:
    """Gives when the service answered, by the service's clock: microseconds since the epoch, in whole seconds.

    Raises ItemReadError for an answer without a Date: a guess by this machine's clock could let a change lose.
    """
    try:
        text = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        return int(parsedate_to_datetime(text).timestamp()) * MICROSECONDS_PER_SECOND
    except (KeyError, TypeError, ValueError):
        raise ItemReadError("An answer of DynamoDB has no Date header.") from None


def event_key(key: AttributeMap) -> dict[str, dict[str, Any]]:
    """Converts a key of boto3 to what stands in an event: binary as base64 text, so that it can be JSON."""
    return {
        name: {kind: base64.b64encode(part).decode() if isinstance(part, bytes) else part}
        for name, value in key.items()
        for kind, part in value.items()
    }
