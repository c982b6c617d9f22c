"""Reads items from the table again, consistently: up to 100 a request, requests in parallel while the table keeps up.

Limits: BatchGetItem takes 100 keys and gives at most 16 MB; what it leaves over comes back as UnprocessedKeys, and a
table without read units left answers an error (API reference of BatchGetItem). Nothing waits here: what a throttled
table did give is handed over, and whoever asked waits and asks for the rest. Which of the keys are served, no
documentation says; so a throttled table is asked for as few as it gave last, the first ones. Then each read unit is
spent on an item that can be written now, and what is written is in order.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import Found, ItemReadError, RecordDecodeError
from changefeed.plan.document_id import document_id

KEYS_PER_REQUEST = 100
PARALLEL_REQUESTS = 4

SecondsLeft = Callable[[], float]


class ItemReader:
    """A callable from document ids with keys to the items' images."""

    def __init__(self, *, table_name: str, client: Callable[[], Any]) -> None:
        """`client` gives a boto3 DynamoDB client; it is asked for at the first read."""
        self._table_name = table_name
        self._client = client
        self._keys_per_request = KEYS_PER_REQUEST

    def __call__(self, keys: Mapping[str, AttributeMap], seconds_left: SecondsLeft = lambda: 1.0) -> Found:
        """Reads images by document id: None for an absent item, a RecordError for a key that the table refuses.

        Raises ItemReadError, with what was found so far, when the table doesn't answer for all of them, or when
        `seconds_left` is no longer above zero.
        """
        ids = list(keys)
        reading = _Reading(table_name=self._table_name, client=self._client(), keys=keys, seconds_left=seconds_left)
        # The first page alone: it shows whether the table keeps up, and its items are the first to be written.
        while ids and reading.failure is None:
            page, ids = ids[: self._keys_per_request], ids[self._keys_per_request :]
            served = reading.read(page)
            full = served == len(page)
            self._keys_per_request = min(KEYS_PER_REQUEST, 2 * self._keys_per_request) if full else max(1, served)
            if self._keys_per_request == KEYS_PER_REQUEST:
                break
        others = [ids[start : start + KEYS_PER_REQUEST] for start in range(0, len(ids), KEYS_PER_REQUEST)]
        if others and reading.failure is None:
            from concurrent.futures import ThreadPoolExecutor  # 15 ms that a cold start needn't pay

            with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
                list(pool.map(reading.read, others))
        if reading.failure is not None:
            unread = len(keys) - len(reading.found)
            raise ItemReadError(f"{unread} items of {self._table_name} are unread: {reading.failure}.", reading.found)
        return reading.found


@dataclass(kw_only=True)
class _Reading:
    """What was found so far, and why no more was; after a failure nothing more is asked for."""

    table_name: str
    client: Any
    keys: Mapping[str, AttributeMap]
    seconds_left: SecondsLeft
    found: Found = field(default_factory=dict)
    failure: str | None = None

    def read(self, ids: Sequence[str]) -> int:
        """Reads a page, again and again for what is left over, as long as each answer brings something.

        Gives how many keys the first answer served.
        """
        before = len(self.found)
        first_served: int | None = None
        from botocore.exceptions import BotoCoreError, ClientError  # imported with the first read, not at cold start

        while ids and self.failure is None:
            if self.seconds_left() <= 0:
                self.failure = "the time is over"
                break
            try:
                left = self._ask(ids)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "unknown")
                if code == "ValidationException":
                    self._read_each(ids)
                else:
                    self.failure = code
                break
            except BotoCoreError as error:
                self.failure = type(error).__name__
                break
            if first_served is None:
                first_served = len(ids) - len(left)
            if len(left) == len(ids):
                self.failure = "throttled"
            ids = left
        return len(self.found) - before if first_served is None else first_served

    def _read_each(self, ids: Sequence[str]) -> None:
        """Finds the refused key, which fails all of its request: it can't be of this table, nor its item in it."""
        if len(ids) == 1:
            self.found[ids[0]] = RecordDecodeError("key_refused", "The table refuses this key.")
            return
        for one in ids:
            self.read([one])

    def _ask(self, ids: Sequence[str]) -> list[str]:
        """Sends one request. Gives the ids that it left over."""
        wanted = [wire_key(self.keys[one]) for one in ids]
        names = wanted[0].keys()
        answer = self.client.batch_get_item(RequestItems={self.table_name: {"Keys": wanted, "ConsistentRead": True}})
        images = answer["Responses"].get(self.table_name, [])
        there = {document_id({name: image[name] for name in names}): image for image in images}
        unprocessed = answer.get("UnprocessedKeys", {}).get(self.table_name, {}).get("Keys", [])
        left = {document_id(key) for key in unprocessed}
        self.found.update((one, there.get(one)) for one in ids if one not in left)
        return [one for one in ids if one in left]


def wire_key(key: AttributeMap) -> dict[str, dict[str, Any]]:
    """Converts a key to what boto3 wants: binary as bytes, where an event has base64 text."""
    return {
        name: {kind: base64.b64decode(part) if kind == "B" and isinstance(part, str) else part}
        for name, value in key.items()
        for kind, part in value.items()
    }
