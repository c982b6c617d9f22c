"""Items that DynamoDB accepts and that have broken syncs, indexes or searches: names, types, depth, width, ids, sizes.

From public bug reports and from what an outside review tried, beside our own. None is so large that DynamoDB could not
replicate it to Kinesis (1 MiB a record): AWS skips those, whatever the consumer does.
"""

from collections.abc import Iterator
from typing import Any

Item = dict[str, Any]

NAMES = (
    "__soft_deletes", "_tombstone", "_recovery_source", "_data_stream_timestamp", "_id", "_source", "_version",
    "_index", "_routing", "_seq_no", "_primary_term", "_field_names", "_ignored", "_doc_count", "_nested_path",
    "_feature", "_type", "_all", "_size", "_", "__typename", "_id.x", "_source.x", "_routing.x",
    "%", "%%", "%text", "%unindexed", "%unindexed_attributes", "%5F_typename", "%2E", ".", "..", "a.", ".a", "a..b",
    " ", "\t", "\x00", "\u2003", "*", "?", '"', "\\", "a,b", "\ufeff", "😀", "n" * 5_000, "é", "e\u0301",
    ".".join("abcdefghij" * 5), "title.keyword", "price.eur", "file.size",
)  # fmt: skip

IDS = (
    "current version [9000000000000000000]", "current version [1]",
    "x]: version conflict, current version [9999999999999999] is higher or equal to the one provided [1]",
    "\x00", "\n", '"}}\n{"delete":{"_id":"tame-1"}}', '"', "\\", "|", "a|b%7C", "%", "%N5", "%H", "..", "a/b?c#d", " ",
    "k" * 513, "k" * 2_048, "😀" * 100, "\u2028", "\uffff", "é", "e\u0301", "_id", "*", "null",
)  # fmt: skip


def _text(text: str) -> Item:
    return {"S": text}


def _map(**parts: Item) -> Item:
    return {"M": parts}


def _nested(levels: int) -> Item:
    value: Item = _text("bottom")
    for _ in range(levels):
        value = {"M": {"m": value}}
    return value


def _pairs() -> Iterator[tuple[Item, Item]]:
    """Yields two values for one name that one field can't hold, in both orders."""
    kinds: tuple[Item, ...] = (
        _text("x"), {"N": "5"}, {"BOOL": True}, _map(a=_text("x")), {"L": [_text("x"), {"N": "1"}]}, {"NULL": True},
        {"L": [_map(a=_text("x")), _text("y")]}, {"SS": ["a", "b"]}, {"NS": ["1", "2"]}, {"B": b"\x00\xff"},
        {"L": [{"L": [_text("deep")]}]}, _map(),
    )  # fmt: skip
    for place, first in enumerate(kinds):
        for second in kinds[place + 1 :]:
            yield first, second


SHAPES: tuple[dict[str, Item], ...] = (
    {"labels": {"M": {"app": _text("shop"), "app.kubernetes.io/name": _text("shop")}}},
    {"stock": {"M": {"9": {"N": "3"}, "9.5": {"N": "1"}, "10": {"N": "7"}}}},
    {"readme": {"M": {"README": _text("a"), "README.md": _text("b")}}},
    {"file": _text("a.pdf"), "file.size": {"N": "10"}},
    {"title": _text("t"), "title.keyword": _text("k"), "title.keyword.x": _text("k")},
    {"specs": {"L": [_map(name=_text("color"), value=_text("red")), _map(name=_text("weight"), value={"N": "5"})]}},
    {"specs": {"L": [_map(name=_text("size"), value=_map(h={"N": "1"}))]}},
    {"deep": _nested(30)},
    {"deep": {"L": [{"L": [{"L": [{"L": [_text("x")]}]}]}]}},
    {"wide": {"M": {f"w{number}": {"N": "1"} for number in range(2_100)}}},
    {f"text {number}": _text("y") for number in range(520)},
    {f"number {number}": {"N": str(number)} for number in range(1_500)},
    {"long": _text("x" * 300_000)},
    {"long": _text("ä " * 100_000)},
    {"binary": {"B": b"\xff" * 150_000}},
    {"many": {"NS": [str(number) for number in range(15_000)]}},
    {"numbers": {"L": [{"N": text} for text in ("1E125", "-1E-130", "9" * 38, "-0", "1.50")]}},
    {"date": _text("2026-02-30T99:99:99Z")}, {"date": {"N": "17"}}, {"location": _text("here")},
    {"location": _map(lat={"N": "1"}, lon={"N": "2"})}, {"": _text("empty name")}, {"empty": _text("")},
    {"control": _text("\x00\x01\u2028\ufffe\uffff")}, {"nothing": {"NULL": True}},
)  # fmt: skip


def hostile_items() -> list[Item]:
    """Makes all of them, each with an id of its own."""
    items: list[Item] = [
        {"id": _text(f"name {place}"), name: _text("x"), "in map": {"M": {name: {"N": "1"}}}}
        for place, name in enumerate(NAMES)
    ]
    for place, (first, second) in enumerate(_pairs()):
        items += [{"id": _text(f"pair {place} {which}"), f"pair {place}": value}
                  for which, value in enumerate((first, second))]  # fmt: skip
    items += [{"id": _text(f"shape {place}"), **shape} for place, shape in enumerate(SHAPES)]
    items += [{"id": _text(identifier), "n": {"N": "0"}} for identifier in IDS]
    return items
