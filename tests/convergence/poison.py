"""Records that have broken syncs before, and what becomes of each: harmless, or parked with a reason.

From what others' syncs failed on (a record that can't succeed must not hold up its shard), and what was tried on
OpenSearch 2.19.1.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.changefeed.records import item, stream_record

Break = Callable[[dict[str, Any]], Any]

BAD_VALUE = "bad_attribute_value"
NESTED: dict[str, Any] = {"S": "bottom"}
for _ in range(31):
    NESTED = {"M": {"m": NESTED}}

VALUES: Mapping[str, tuple[Any, str | None]] = {
    "38 digits": ({"N": "12345678901234567890123456789012345678"}, None),
    "smallest number": ({"N": "1E-130"}, None),
    "largest number": ({"N": "9.9999999999999999999999999999999999999E+125"}, None),
    "minus zero": ({"N": "-0"}, None),
    "beyond 63 bits": ({"N": "9223372036854775808"}, None),
    "text where numbers are": ({"S": "seventeen"}, None),
    "date text": ({"S": "2026-02-30T99:99:99Z"}, None),
    "empty text": ({"S": ""}, None),
    "40 kB text": ({"S": "x" * 40_000}, None),
    "390 kB text": ({"S": "ä" * 195_000}, None),
    "control characters": ({"S": "\x00\x01\u2028\ufffe\uffff"}, None),
    "emoji": ({"S": "👩‍👩‍👧‍👦"}, None),
    "empty binary": ({"B": ""}, None),
    "binary": ({"B": "AP/+"}, None),
    "null": ({"NULL": True}, None),
    "empty list": ({"L": []}, None),
    "empty map": ({"M": {}}, None),
    "list of lists": ({"L": [{"L": [{"S": "a"}]}, {"L": []}]}, None),
    "list of maps": ({"L": [{"M": {"a": {"S": "x"}}}, {"M": {}}]}, None),
    "set of texts": ({"SS": ["b", "a"]}, None),
    "set of numbers": ({"NS": ["10", "9", "1E+2"]}, None),
    "set of binaries": ({"BS": ["AA==", "/w=="]}, None),
    "32 levels": (NESTED, None),
    "list of mixed types": ({"L": [{"N": "1"}, {"S": "a"}]}, None),
    "list of map and text": ({"L": [{"M": {"a": {"S": "x"}}}, {"S": "a"}]}, None),
    "too many fields": ({"M": {f"f{number}": {"N": "1"} for number in range(2_100)}}, None),
    "half a surrogate": ({"S": "\ud800"}, BAD_VALUE),
    "not a number": ({"N": "NaN"}, BAD_VALUE),
    "infinity": ({"N": "Infinity"}, BAD_VALUE),
    "word as number": ({"N": "abc"}, BAD_VALUE),
    "number as JSON number": ({"N": 5}, BAD_VALUE),
    "unknown type": ({"X": "?"}, BAD_VALUE),
    "two types": ({"S": "a", "N": "1"}, BAD_VALUE),
    "no type": ({}, BAD_VALUE),
    "boolean as text": ({"BOOL": "true"}, BAD_VALUE),
}  # fmt: skip
NAMES = ("", ".", "..", ".a", "a..b", "a. .b", " ", "\t", "\u2003", "_id", "_source", "_version", "_routing", "_seq_no",
         "_index", "_ignored", "__soft_deletes", "_tombstone", "_data_stream_timestamp", "a.b.c",
         "%", "100%", "a.", "\x00", "\\", '"', "😀", "n" * 5_000)  # fmt: skip
KEYS = ("|", "%", "a|b%7C", " ", "k\n{}", '"', "😀", "k" * 513, "k" * 2_048, "_id", ".", "..", "a/b?c#d")


def _body(raw: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {**raw["dynamodb"], **changes}
    return {**raw, "dynamodb": {name: value for name, value in body.items() if value is not None}}


RECORDS: Mapping[str, tuple[Break, str]] = {
    "no record": (lambda _: "?", "not_a_record"),
    "no body": (lambda _: {"eventName": "MODIFY"}, "not_a_dynamodb_record"),
    "no sequence number": (lambda raw: _body(raw, SequenceNumber=None), "no_sequence_number"),
    "sequence number of letters": (lambda raw: _body(raw, SequenceNumber="abc"), "no_sequence_number"),
    "time in milliseconds": (lambda raw: _body(raw, ApproximateCreationDateTime=1_767_323_045_000), "bad_time"),
    "time in words": (lambda raw: _body(raw, ApproximateCreationDateTime="now"), "bad_time"),
    "no keys": (lambda raw: _body(raw, Keys=None), "no_keys"),
    "three keys": (lambda raw: _body(raw, Keys={name: {"S": "x"} for name in "abc"}), "no_keys"),
    "key of a boolean": (lambda raw: _body(raw, Keys={"id": {"BOOL": True}}), "bad_key"),
    "key that is no number": (lambda raw: _body(raw, Keys={"id": {"N": "1E+9999999"}}), "bad_key"),
    "key of half a surrogate": (lambda raw: _body(raw, Keys={"id": {"S": "\ud800"}}), "bad_key"),
    "image of a list": (lambda raw: _body(raw, NewImage=[1]), "bad_image"),
    "unknown operation": (lambda raw: {**raw, "eventName": "UPSERT"}, "unknown_operation"),
}


def corpus() -> list[tuple[str, Callable[[int], Any], str | None]]:
    """Each kind: its name, its record for a sequence number, and the reason with which it is parked, or None."""
    kinds: list[tuple[str, Callable[[int], Any], str | None]] = []

    def add(name: str, image: dict[str, Any], reason: str | None, broken: Break = lambda raw: raw) -> None:
        kinds.append((name, lambda number: broken(stream_record(image, number=number)), reason))

    for place, (name, (value, reason)) in enumerate(VALUES.items()):
        add(f"value: {name}", item(f"value {place}", **{f"value {place}": value}), reason)
    for place, name in enumerate(NAMES):
        attributes: dict[str, Any] = {name: {"S": "x"}, "m": {"M": {name: {"S": "x"}}}}
        add(f"name: {name[:9]!a}", item(f"name {place}", **attributes), None)
    for key in KEYS:
        add(f"key: {key[:9]!a} {len(key)}", item(key), None)
    for name, (broken, reason) in RECORDS.items():
        add(f"record: {name}", item("r"), reason, broken)
    for field in ("text", "number"):
        add(f"conflict: {field}", item(f"conflict {field}", **{field: {"M": {"a": {"S": "x"}}}}), None)
    for field in ("text.below", "text.keyword"):  # a dot makes no object, so nothing collides
        add(f"no conflict: {field}", item(f"no conflict {field}", **{field: {"S": "x"}}), None)
    return kinds
