"""Reads items from the table again, consistently: up to 100 a request, requests in parallel.

Limits: BatchGetItem takes 100 keys and gives at most 16 MB; what it leaves over comes back as UnprocessedKeys
(API reference of BatchGetItem).
"""

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import ItemReadError, RecordDecodeError, RecordError
from changefeed.plan.document_id import document_id

KEYS_PER_REQUEST = 100
PARALLEL_REQUESTS = 4
ATTEMPTS = 5
FIRST_BACKOFF_SECONDS = 0.05

Found = dict[str, AttributeMap | RecordError | None]


class ItemReader:
    """A callable from document ids with keys to the items' images."""

    def __init__(
        self, *, table_name: str, client: Callable[[], Any], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` gives a boto3 DynamoDB client; it is asked for at the first read."""
        self._table_name = table_name
        self._client = client
        self._sleep = sleep

    def __call__(self, keys: Mapping[str, AttributeMap]) -> Found:
        """Reads images by document id: None for an absent item, a RecordError for a key that the table refuses.

        Raises ItemReadError when the table doesn't answer for all of them.
        """
        ids = list(keys)
        pages = [ids[start : start + KEYS_PER_REQUEST] for start in range(0, len(ids), KEYS_PER_REQUEST)]
        client = self._client()
        if len(pages) == 1:
            return self._read(client, {key: keys[key] for key in pages[0]})
        from concurrent.futures import ThreadPoolExecutor  # 15 ms that a cold start needn't pay

        found: Found = {}
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            for part in pool.map(lambda page: self._read(client, {key: keys[key] for key in page}), pages):
                found.update(part)
        return found

    def _read(self, client: Any, keys: Mapping[str, AttributeMap]) -> Found:
        from botocore.exceptions import BotoCoreError, ClientError  # imported with the first read, not at cold start

        try:
            return self._read_all(client, keys)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            if code != "ValidationException":
                raise ItemReadError(f"Reading {len(keys)} items of {self._table_name} failed: {code}.") from error
            if len(keys) == 1:  # such a key can't be of this table, so its item can't be in it
                return {key: RecordDecodeError("key_refused", "The table refuses this key.") for key in keys}
            found: Found = {}  # one refused key fails them all
            for key, value in keys.items():
                found.update(self._read(client, {key: value}))
            return found
        except BotoCoreError as error:
            name = type(error).__name__
            raise ItemReadError(f"Reading {len(keys)} items of {self._table_name} failed: {name}.") from error

    def _read_all(self, client: Any, keys: Mapping[str, AttributeMap]) -> Found:
        found: Found = dict.fromkeys(keys)
        names = next(iter(keys.values())).keys()
        request: Any = {self._table_name: {"Keys": [wire_key(key) for key in keys.values()], "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            answer = client.batch_get_item(RequestItems=request)
            for image in answer["Responses"].get(self._table_name, []):
                found[document_id({name: image[name] for name in names})] = image
            request = answer.get("UnprocessedKeys")
            if not request:
                return found
            self._sleep(FIRST_BACKOFF_SECONDS * 2**attempt)
        raise ItemReadError(f"{self._table_name} left keys unread {ATTEMPTS} times: it is throttled.")


def wire_key(key: AttributeMap) -> dict[str, dict[str, Any]]:
    """Converts a key to what boto3 wants: binary as bytes, where an event has base64 text."""
    return {
        name: {kind: base64.b64decode(part) if kind == "B" and isinstance(part, str) else part}
        for name, value in key.items()
        for kind, part in value.items()
    }
