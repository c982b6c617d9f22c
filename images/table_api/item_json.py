"""Converts JSON to DynamoDB's attribute values and back, without ever turning a number into a float.

What DynamoDB would refuse is refused here, before any call: a bad value is a 400, and nothing is stored.
"""

import base64
import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from lambda_kit.problem import Problem, bad_request
from table_api.item_id import encodable
from table_api.problem import shown

AttributeValue = dict[str, Any]
Attributes = dict[str, AttributeValue]

# Amazon DynamoDB Developer Guide, "Constraints" and "Supported data types": 32 levels of nesting, names of at least one
# character, numbers of up to 38 digits, magnitudes 1E-130 to 9.9999999999999999999999999999999999999E+125.
MAX_LEVELS = 32
MAX_DIGITS = 38
MIN_EXPONENT, MAX_EXPONENT = -130, 125
# The longest legal number that isn't padded is 1E-130 with 38 digits, written out: 171 characters.
MAX_NUMBER_CHARACTERS = 200
# A number written out longer than this is answered with an exponent: same digits, and answers stay small.
MAX_PLAIN_CHARACTERS = 45


@dataclass(frozen=True, slots=True)
class NumberText:
    """A JSON number exactly as written."""

    text: str


def parse_object(text: str) -> dict[str, Any]:
    """Parses a JSON object whose numbers are `NumberText`; anything else, duplicate keys and NaN included, is a 400."""
    try:
        value = json.loads(
            text,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
    except json.JSONDecodeError as error:
        raise bad_request(
            "malformed_json",
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            'Send a JSON object such as {"name": "Test DynamoDB Stream Pipeline", "type": "Test"}.',
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(value, dict):
        raise bad_request("not_an_object", "The body must be a JSON object.", "Wrap the value: {...}.")
    return value


def to_attribute(value: Any, *, level: int = 1) -> AttributeValue:
    """Converts a value of `parse_object` to DynamoDB JSON; 400 for what DynamoDB refuses."""
    if level > MAX_LEVELS:
        raise _too_deep()
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, NumberText):
        return {"N": stored_number(value.text)}
    if isinstance(value, str):
        return {"S": _text(value)}
    if isinstance(value, list):
        return {"L": [to_attribute(element, level=level + 1) for element in value]}
    return {"M": {attribute_name(name): to_attribute(part, level=level + 1) for name, part in value.items()}}


def attribute_name(name: str) -> str:
    """Checks an attribute's name: it has at least one character (Developer Guide, "Naming rules"), else a 400."""
    if not name:
        raise bad_request("empty_attribute_name", "An attribute has an empty name.", "Give every attribute a name.")
    return _text(name)


def stored_number(text: str) -> str:
    """Gives a number's text to store, `0` for every zero; 400 for one that DynamoDB can't hold exactly."""
    try:
        number = Decimal(text) if len(text) <= MAX_NUMBER_CHARACTERS else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _bad_number("is written with too many characters")
    if not number:
        return "0"
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > MAX_DIGITS:
        raise _bad_number("has more than 38 significant digits")
    if not MIN_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise _bad_number("is beyond the magnitudes 1E-130 to 9.99E+125")
    return text


def from_attribute(attribute: AttributeValue) -> Any:
    """Converts to what `dump` can write: sets become sorted arrays, binary base64; numbers keep their digits."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return answered_number(value)
        case "M":
            return {name: from_attribute(part) for name, part in value.items()}
        case "L":
            return [from_attribute(element) for element in value]
        case "NULL":
            return None
        case "B":
            return _base64(value)
        case "SS":
            return sorted(value)
        case "NS":
            return [answered_number(number) for number in sorted(value, key=Decimal)]
        case "BS":
            return [_base64(binary) for binary in sorted(map(bytes, value))]
        case _:  # S and BOOL are JSON's own
            return value


def answered_number(text: str) -> NumberText:
    """Keeps a number's digits, and makes it short where `MAX_PLAIN_CHARACTERS` asks for it."""
    if len(text) <= MAX_PLAIN_CHARACTERS:
        return NumberText(text)
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    kept = "".join(map(str, digits)).rstrip("0")
    return NumberText(f"{'-' if sign else ''}{kept}E{exponent + len(digits) - len(kept)}") if kept else NumberText("0")


def item_from_attributes(attributes: Attributes) -> dict[str, Any]:
    """Converts an item to JSON values."""
    return {name: from_attribute(value) for name, value in attributes.items()}


def dump(value: Any) -> bytes:
    """Writes JSON bytes; `NumberText` is written digit by digit."""
    return orjson.dumps(value, default=_fragment, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def load_lossless(text: str | bytes) -> Any:
    """Reads JSON from a service that we trust to write it, with numbers as `NumberText`."""
    return json.loads(text, parse_int=NumberText, parse_float=NumberText)


def _fragment(value: Any) -> orjson.Fragment:
    if isinstance(value, NumberText):
        return orjson.Fragment(value.text)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _base64(binary: Any) -> str:
    return base64.b64encode(bytes(binary)).decode("ascii")


def _text(text: str) -> str:
    if not encodable(text):
        raise bad_request(
            "invalid_text",
            "A text holds half of a surrogate pair, which UTF-8 can't express.",
            "Send both halves of the pair, or the character itself.",
        )
    return text


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique: dict[str, Any] = {}
    for name, value in pairs:
        if name in unique:
            raise bad_request(
                "duplicate_key", f"The key {shown(name)} occurs twice in one object.", "Send every key once."
            )
        unique[name] = value
    return unique


def _refuse_constant(name: str) -> None:
    raise bad_request(
        "invalid_number", f"{name} is not a JSON number.", "Leave it out, or send null or a string instead."
    )


def _bad_number(reason: str) -> Problem:
    return bad_request("invalid_number", f"A number {reason}.", "Send it as a string to keep it exactly as it is.")


def _too_deep() -> Problem:
    return bad_request(
        "nested_too_deep",
        "The item is nested deeper than 32 levels.",
        "Flatten it, or store the inner part as a string.",
    )
