"""Makes one OpenSearch query of a search request's words: no raw query DSL, no script, no regular expression.

A field's type in the index decides how it is compared: text by its `.keyword` subfield, numbers as numbers. Callers
name attributes as their items do; the names that the index had to escape are found by its mapping.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_kit.field_names import unescape_name
from lambda_kit.problem import Problem, bad_request
from table_api.problem import shown
from table_api.request import Request

PARAMETERS = ("q", "where", "sort", "size", "from")
MAX_SIZE = 100
MAX_WINDOW = 10_000  # index.max_result_window's default, which a serverless collection doesn't let us change
MAX_CONDITIONS = 10
MAX_TEXT_CHARACTERS = 1024  # also the index's `ignore_above`: a longer keyword is not there to be found
TIMEOUT = "5s"
_FLAGS = "AND|OR|NOT|PHRASE|PREFIX|PRECEDENCE|ESCAPE|WHITESPACE"  # all but FUZZY, NEAR and SLOP, which can be costly
_CONDITION = re.compile(r"(?P<field>[^=!<>]+)(?P<operator>!=|>=|<=|=|>|<)(?P<value>.*)", re.DOTALL)
_RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")
_NUMBER_TYPES = {"double", "float", "long", "integer"}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of the index: its path there, escaped, and its type ("text.keyword" for text that can be compared)."""

    path: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One `where`: a field compared with a value that is still text."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ItemQuery:
    """A checked search. `size` and `start` count items; `sort_field` None means best match first."""

    text: str
    conditions: tuple[Condition, ...]
    sort_field: str | None
    descending: bool
    size: int
    start: int

    @property
    def needs_fields(self) -> bool:
        """True when `body` has to know the index's mapping."""
        return bool(self.conditions or self.sort_field)

    def body(self, fields: Mapping[str, Field]) -> dict[str, Any]:
        """Gives the search body; `fields` as `fields_of` gives them. 400 for a text where a number belongs."""
        found: dict[str, Any] = {"match_all": {}}
        if self.text:
            found = {
                "simple_query_string": {
                    "query": self.text,
                    "fields": ["*"],
                    "default_operator": "and",
                    "flags": _FLAGS,
                    "lenient": True,
                }
            }
        body: dict[str, Any] = {
            "query": {
                "bool": {"must": [found], "filter": [_clause(condition, fields) for condition in self.conditions]}
            },
            "size": self.size,
            "from": self.start,
            "timeout": TIMEOUT,
            "track_total_hits": True,
        }
        if self.sort_field is not None:
            order = "desc" if self.descending else "asc"
            # The id breaks ties, so that pages neither repeat nor skip items.
            wanted = [(self.sort_field, order), ("id", "asc")]
            body["sort"] = [_sort(fields[name], direction) for name, direction in wanted if name in fields]
        return body


def query_of(request: Request) -> ItemQuery:
    """Reads the search that a request asks for; 400 for anything that can't be one."""
    request.only_queries(PARAMETERS)
    size = request.integer("size", default=10, lowest=1, highest=MAX_SIZE)
    start = request.integer("from", default=0, lowest=0, highest=MAX_WINDOW)
    if start + size > MAX_WINDOW:
        raise bad_request(
            "window_too_large", "`from` + `size` is over 10,000.", "Narrow the search with `q` or `where`."
        )
    sort = request.text("sort")
    conditions = tuple(_condition(text) for text in request.query.get("where", ()))
    if len(conditions) > MAX_CONDITIONS:
        raise bad_request("too_many_conditions", f"More than {MAX_CONDITIONS} `where`.", "Use fewer.")
    return ItemQuery(
        text=_short("q", (request.text("q") or "").strip()),
        conditions=conditions,
        sort_field=None if sort is None else _field("sort", sort.removeprefix("-")),
        descending=(sort or "").startswith("-"),
        size=size,
        start=start,
    )


def fields_of(mappings: Iterable[Mapping[str, Any]]) -> dict[str, Field]:
    """Finds each leaf field by its dotted name as items have it, in the `mappings` of every index behind the alias.

    Unescapes each part of a path separately, as the sync escaped it; the first of two equal names counts.
    """
    fields: dict[str, Field] = {}

    def walk(properties: Mapping[str, Any], name: str, path: str) -> None:
        for part, definition in properties.items():
            here, there = name + unescape_name(part), path + part
            walk(definition.get("properties", {}), f"{here}.", f"{there}.")
            if "type" in definition:
                searchable_text = definition["type"] == "text" and "keyword" in definition.get("fields", {})
                kind = "text.keyword" if searchable_text else definition["type"]
                fields.setdefault(here, Field(path=there, type=kind))

    for mapping in mappings:
        walk(mapping.get("properties", {}), "", "")
    return fields


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise bad_request(
            "invalid_condition",
            f"`where` {shown(text)} is not field, operator and value.",
            "Write where=year>=2013 with one of = != > >= < <=.",
        )
    return Condition(
        field=_field("where", match["field"].strip()),
        operator=match["operator"],
        value=_short("where", match["value"]),
    )


def _field(parameter: str, field: str) -> str:
    if not field:
        raise bad_request(
            "invalid_field", f"`{parameter}` names no attribute of an item.", "Name an attribute, for example name."
        )
    return _short(parameter, field)


def _short(parameter: str, text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise bad_request(
            "invalid_parameter", f"`{parameter}` is longer than {MAX_TEXT_CHARACTERS} characters.", "Shorten it."
        )
    return text


def _clause(condition: Condition, fields: Mapping[str, Field]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"match_all": {}} if condition.operator == "!=" else {"match_none": {}}
    field = fields.get(condition.field)
    if field is None:  # no item has it; so a name that isn't in the mapping, `_id` or `.`, never reaches the index
        return nothing
    value: Any = condition.value
    if field.type in _NUMBER_TYPES:
        if not _NUMBER.fullmatch(value.strip()) or not math.isfinite(float(value)):
            if condition.operator in ("=", "!="):  # a text equals no number
                return nothing
            raise _not_a_number(condition.field)
        value = float(value)
    if condition.operator in _RANGES:
        return {"range": {_comparable(field): {_RANGES[condition.operator]: value}}}
    equal = {"term": {_comparable(field): {"value": value}}}
    return equal if condition.operator == "=" else {"bool": {"must_not": [equal]}}


def _sort(field: Field, order: str) -> dict[str, Any]:
    return {_comparable(field): {"order": order, "missing": "_last"}}


def _comparable(field: Field) -> str:
    return f"{field.path}.keyword" if field.type == "text.keyword" else field.path


def _not_a_number(field: str) -> Problem:
    return bad_request(
        "invalid_condition",
        f"{shown(field)} holds numbers, and the value to compare with is none.",
        "Compare with a number.",
    )
