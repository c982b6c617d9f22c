"""The cursor of a list: where the next page starts, opaque to callers and checked when it comes back."""

import base64
import binascii

import orjson

from lambda_kit.problem import bad_request
from table_api.item_id import MAX_ID_BYTES

_VERSION = 1


def cursor_after(item_id: str) -> str:
    """Makes the cursor of the page that follows this item; URL-safe."""
    return base64.urlsafe_b64encode(orjson.dumps([_VERSION, item_id])).rstrip(b"=").decode("ascii")


def item_id_of(cursor: str) -> str:
    """Reads the id to go on after, or a 400. Only DynamoDB's rule counts: others may have stored stranger ids."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, item_id = orjson.loads(text)
        if version == _VERSION and isinstance(item_id, str) and 0 < len(item_id.encode()) <= MAX_ID_BYTES:
            return item_id
    except (binascii.Error, ValueError, TypeError):
        pass
    raise bad_request(
        "invalid_cursor",
        "`next` is not a cursor of this API.",
        "Pass on the value of `next` of the page before, or leave it out to start at the beginning.",
    )
