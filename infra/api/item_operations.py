"""Describes each operation on items and their search. A test compares the codes and bounds with images/table_api."""

from __future__ import annotations

from typing import Any

from infra.base.operation import Answer, Operation, merged

ITEM = {
    "type": "object",
    "description": "One item. Numbers keep up to 38 digits: read them as decimals where that matters.",
}
_ID = {"type": "string", "minLength": 1, "description": "The item's id: 1 to 2,048 bytes."}
_STORED = {"type": "object", "required": ["id"], "properties": {"id": _ID}, "additionalProperties": False}
_WHOLE_ITEM = {"$ref": "#/components/schemas/Item", "required": ["id"]}
_PAGE = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {
        "items": {"type": "array", "items": _WHOLE_ITEM},
        "next": {"type": ["string", "null"], "description": "The cursor of the next page; null at the end."},
    },
    "additionalProperties": False,
}
_HIT = {
    "type": "object",
    "required": ["id", "score", "item"],
    "properties": {
        "id": {"type": "string"},
        "score": {"type": ["number", "null"], "description": "How well it matches; null in a sorted answer."},
        "item": {"$ref": "#/components/schemas/Item"},
    },
    "additionalProperties": False,
}
_FOUND = {
    "type": "object",
    "required": ["total", "items"],
    "properties": {
        "total": {"type": "integer", "minimum": 0},
        "partial": {"const": True, "description": "Shards failed or time ran out: there may be more."},
        "not_fully_searchable": {
            "type": "integer",
            "minimum": 1,
            "description": "Items of the whole index with attributes that q, where and sort don't see.",
        },
        "items": {"type": "array", "items": _HIT},
    },
    "additionalProperties": False,
}

_FUNCTION = {400: ("unknown_parameter", "invalid_parameter"), 429: ("throttled",), 500: ("internal_error",)}
_TABLE = merged(_FUNCTION, {503: ("table_unavailable", "table_missing")})
_BY_ID = merged(_TABLE, {400: ("invalid_id",)})
_WRITTEN = {
    400: (
        "malformed_json",
        "not_an_object",
        "duplicate_key",
        "invalid_number",
        "invalid_text",
        "empty_attribute_name",
        "nested_too_deep",
        "refused_by_table",
    ),
    413: ("body_too_large", "item_too_large"),
    415: ("unsupported_media_type",),
}
_MISSING = {404: ("not_found",)}


def _whole_number(name: str, lowest: int, highest: int, default: int, what: str) -> dict[str, Any]:
    bounds = {"type": "integer", "minimum": lowest, "maximum": highest, "default": default}
    return {"name": name, "description": what, "schema": bounds}


LIST = Operation(
    name="listItems",
    what="Lists items, a page at a time, in no order that means anything.",
    query=(
        _whole_number("limit", 1, 100, 25, "Items of a page; fewer come when they are large."),
        {"name": "next", "description": "The cursor that the page before gave.", "schema": {"type": "string"}},
    ),
    answers=(Answer(status=200, what="A page.", schema=_PAGE),),
    codes=merged(_TABLE, {400: ("repeated_parameter", "invalid_cursor")}),
)
CREATE = Operation(
    name="createItem",
    what="Creates an item; without an id in the body it gets one. Refused where the id is taken.",
    body={"$ref": "#/components/schemas/Item"},
    answers=(Answer(status=201, what="Created.", schema=_STORED, headers=("Location",)),),
    codes=merged(_BY_ID, _WRITTEN, {409: ("already_exists",)}),
)
READ = Operation(
    name="readItem",
    what="Reads an item, consistently.",
    answers=(Answer(status=200, what="The item.", schema=_WHOLE_ITEM),),
    codes=merged(_BY_ID, _MISSING),
)
REPLACE = Operation(
    name="replaceItem",
    what="Stores a whole item under this id, whether or not there is one.",
    body={"$ref": "#/components/schemas/Item"},
    answers=(
        Answer(status=200, what="Replaced.", schema=_STORED),
        Answer(status=201, what="Created.", schema=_STORED),
    ),
    codes=merged(_BY_ID, _WRITTEN, {400: ("id_mismatch",)}),
)
PATCH = Operation(
    name="patchItem",
    what="Sets attributes of an item, or removes them by null (RFC 7396, one level deep).",
    body={"$ref": "#/components/schemas/Item"},
    answers=(Answer(status=200, what="The whole new item.", schema=_WHOLE_ITEM),),
    codes=merged(_BY_ID, _WRITTEN, _MISSING, {400: ("id_mismatch", "empty_patch", "too_many_attributes")}),
)
DELETE = Operation(
    name="deleteItem",
    what="Deletes an item.",
    answers=(Answer(status=204, what="Deleted."),),
    codes=merged(_BY_ID, _MISSING),
)
SEARCH = Operation(
    name="searchItems",
    what="Searches the index behind the reader alias, which follows the table within seconds.",
    query=(
        {
            "name": "q",
            "description": "Words, all of which must be in the item, in any attribute.",
            "schema": {"type": "string", "maxLength": 1024},
        },
        {
            "name": "where",
            "description": "An attribute, one of = != > >= < <=, and a value of at most 512 characters: year>=2013.",
            "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 10},
        },
        {
            "name": "sort",
            "description": "An attribute, after - for the other direction; without it the best match is first.",
            "schema": {"type": "string", "maxLength": 1024},
        },
        _whole_number("size", 1, 100, 10, "Items of an answer; fewer come when they are large."),
        _whole_number("from", 0, 10_000, 0, "How many to leave out; with size at most 10,000."),
    ),
    answers=(Answer(status=200, what="What was found.", schema=_FOUND),),
    codes=merged(
        _FUNCTION,
        {
            400: (
                "repeated_parameter",
                "window_too_large",
                "too_many_conditions",
                "invalid_condition",
                "invalid_field",
                "too_many_words",
                "search_refused",
            ),
            503: ("search_unavailable",),
        },
    ),
)
