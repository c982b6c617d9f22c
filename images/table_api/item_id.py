"""Which item ids the API accepts: those that survive every URL, gateway and proxy on their way back.

An id that an intermediary could rewrite (`..`, `//`, a percent escape that somebody decodes once more) would be stored
under one name and read under another, so it is refused before anything is stored.
"""

import re
import unicodedata
from typing import Any
from urllib.parse import unquote

from lambda_kit.problem import Problem, bad_request

# Partition keys: 1 to 2,048 bytes (Amazon DynamoDB Developer Guide, "Constraints": partition keys and sort keys).
MAX_ID_BYTES = 2048
_PERCENT_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_HINT = "Use 1 to 2,048 bytes of UTF-8 text, for example a UUID, or leave it out of a POST to be given one."


def valid_id(value: Any) -> str:
    """Checks an id. The 400 says what is wrong with it, never the id: it may hold anything."""
    if not isinstance(value, str):
        raise _invalid("must be a string")
    if not value:
        raise _invalid("must not be empty")
    if not encodable(value):
        raise _invalid("holds half of a surrogate pair, which UTF-8 can't express")
    if len(value.encode()) > MAX_ID_BYTES:
        raise _invalid("is longer than 2,048 bytes")
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise _invalid("holds a control character")
    if _REPLACEMENT in value:
        raise _invalid("holds U+FFFD, which gateways put in place of bytes that are not UTF-8")
    if _PERCENT_ESCAPE.search(value):
        raise _invalid("holds a percent escape such as %2F, which gateways decode at will")
    if any(segment in ("", ".", "..") for segment in value.split("/")):
        raise _invalid("holds an empty, '.' or '..' part between slashes, which gateways rewrite")
    return value


def id_from_path(text: str, *, decoded: bool) -> str:
    """Reads the id of a URL path. `decoded`: the gateway has taken the percent escapes away already."""
    if decoded:
        return valid_id(text)
    try:
        return valid_id(unquote(text, errors="strict"))
    except UnicodeDecodeError:
        raise _invalid("is not UTF-8 once its percent escapes are decoded") from None


def encodable(text: str) -> bool:
    """True when UTF-8 can express the text; lone surrogates (JSON's `"\\ud800"`) prevent it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _invalid(reason: str) -> Problem:
    return bad_request("invalid_id", f"The item's id {reason}.", _HINT)
