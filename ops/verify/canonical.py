"""Makes one digest for one content: an item of the table and its document have the same, or they differ.

Its conversion shares no code with the sync's encoder, so that a mistake there can't hide itself. Numbers count by
value to the last digit (5, 5.0 and 5E0 are one), sets as sorted arrays, names as the attribute's, not as escaped.
An attribute counts the same whether it is indexed or not; a document that says so in any form but the one differs.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import orjson

from lambda_kit.field_names import escape_name
from lambda_kit.unindexed import MARK, UNINDEXED

DIGEST_BYTES = 16


class Number(str):
    """A JSON number as its text: a float would lose digits."""

    __slots__ = ()


def parse_json(text: str | bytes) -> Any:
    """Parses JSON, with every number as a `Number`."""
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)


def item_digest(image: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Makes the digest of an item, DynamoDB JSON as boto3 gives it or as a stream's record holds it."""
    return _digest({name: _plain(value) for name, value in image.items()})


def document_digest(source: Any) -> bytes:
    """Makes the digest of a document's `_source`, parsed by `parse_json`."""
    return _digest(_unescaped(_whole(source), top=True))


def _whole(source: Any) -> Any:
    """Puts the unindexed attributes among the others, if all is as the sync writes it.

    Otherwise the two fields stay: neither is an attribute's name, so no item has that digest.
    """
    if not isinstance(source, dict) or not isinstance(part := source.get(UNINDEXED), dict):
        return source
    others = {name: value for name, value in source.items() if name not in (UNINDEXED, MARK)}
    mark = source.get(MARK)
    is_counted = isinstance(mark, Number) and str(mark) == str(len(part))
    return others | part if part and is_counted and part.keys().isdisjoint(others) else source


def _digest(content: Any) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS
    try:
        canonical = orjson.dumps(content, default=_fragment, option=options)
    except TypeError:  # half surrogates or absurd nesting: no item has them, so any other spelling will do
        canonical = b"unusual:" + repr(content).encode(errors="surrogatepass")
    return hashlib.blake2b(canonical, digest_size=DIGEST_BYTES).digest()


def _fragment(value: Any) -> orjson.Fragment:
    if not isinstance(value, Number):
        raise TypeError
    return _number(value)


@lru_cache(maxsize=8_192)  # the same numbers come again and again
def _number(text: str) -> orjson.Fragment:
    """Writes digits without zeros at their end, and the power of ten: one spelling for each value."""
    digits = text[1:] if text[:1] == "-" else text
    if digits.isdecimal() and digits.isascii():
        significant, exponent = digits, 0
    else:
        number = Decimal(text)
        if not number.is_finite():
            return orjson.Fragment(f"!{text}")
        _, figures, power = number.as_tuple()
        significant, exponent = "".join(map(str, figures)), int(power)
    significant = significant.lstrip("0")
    bare = significant.rstrip("0")
    if not bare:
        return orjson.Fragment("0")
    sign = "-" if text[:1] == "-" else ""
    return orjson.Fragment(f"{sign}{bare}E{exponent + len(significant) - len(bare)}")


def _plain(value: Mapping[str, Any]) -> Any:
    """Converts an attribute value to the JSON value that its document must hold."""
    ((kind, content),) = value.items()
    return _VALUES[kind](content)


def _base64(content: bytes | str) -> str:
    return content if isinstance(content, str) else base64.b64encode(content).decode()


_VALUES: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "N": Number,
    "BOOL": bool,
    "NULL": lambda _: None,
    "M": lambda content: {name: _plain(part) for name, part in content.items()},
    "L": lambda content: [_plain(part) for part in content],
    "B": _base64,
    "SS": sorted,
    "NS": lambda content: [Number(text) for text in sorted(content, key=Decimal)],
    "BS": lambda content: sorted(map(_base64, content)),
}


def _unescaped(value: Any, *, top: bool = False) -> Any:
    if isinstance(value, dict):
        return {_attribute_name(field, top=top): _unescaped(part) for field, part in value.items()}
    if isinstance(value, list):
        return [_unescaped(part) for part in value]
    return value


def _attribute_name(field: str, *, top: bool) -> str:
    if "%" not in field and "." not in field and not (top and field.startswith("_")) and field.strip():
        return field
    name = "" if field == "%" else unquote(field)
    # A second spelling of a name is another field to whoever searches: it must not count as equal.
    return name if escape_name(name, top=top) == field else f"\0not an attribute's name: {field}"
