"""Makes one OpenSearch query of a search request's words: no raw query DSL, no script, no regular expression.

A field's type in the index decides how it is compared: texts exactly, numbers as numbers. Callers name attributes as
their items do; the names that the index had to escape are found by its mapping.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambda_kit.index_fields import Field, fields_with_words
from lambda_kit.problem import Problem, bad_request
from table_api.problem import shown
from table_api.request import Request

PARAMETERS = ("q", "where", "sort", "size", "from")
MAX_SIZE = 100
MAX_WINDOW = 10_000  # index.max_result_window's default, which a serverless collection doesn't let us change
MAX_CONDITIONS = 10
MAX_CLAUSES = 1024  # indices.query.bool.max_clause_count's default, which a serverless collection doesn't let us change
MAX_TEXT_CHARACTERS = 1024
MAX_COMPARED_CHARACTERS = 512  # the index's `ignore_above`: a longer keyword is not there to be found
TIMEOUT = "5s"
_FLAGS = "AND|OR|NOT|PHRASE|PREFIX|PRECEDENCE|ESCAPE|WHITESPACE"  # all but FUZZY, NEAR and SLOP, which can be costly
_CONDITION = re.compile(r"(?P<field>[^=!<>]+)(?P<operator>!=|>=|<=|=|>|<)(?P<value>.*)", re.DOTALL)
_RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")
_NUMBER_TYPES = {"double", "float", "long", "integer"}


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
        return bool(self.text or self.conditions or self.sort_field)

    def body(self, fields: Sequence[Field]) -> dict[str, Any]:
        """Gives the search body. Of two fields with one name the first counts. 400 for a text as a number's bound."""
        named = {field.name: field for field in reversed(fields)}
        found: dict[str, Any] = {"match_all": {}}
        if self.text:
            found = {
                "simple_query_string": {
                    "query": self.text,
                    "fields": self._fields_with_words(fields),
                    "default_operator": "and",
                    "flags": _FLAGS,
                    "lenient": True,
                    "analyze_wildcard": True,  # so that a prefix finds what its words found: Los-Ang*
                }
            }
        body: dict[str, Any] = {
            "query": {
                "bool": {"must": [found], "filter": [_clause(condition, named) for condition in self.conditions]}
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
            body["sort"] = [_sort(named[name], direction) for name, direction in wanted if name in named]
        return body

    def _fields_with_words(self, fields: Sequence[Field]) -> list[str]:
        """Lists the fields to look for the words in. 400 when an index made before there was one has too many."""
        paths = fields_with_words(fields)
        most = MAX_CLAUSES // len(paths)
        if len(self.text.split()) > most:
            raise bad_request(
                "too_many_words",
                f"This index has {len(paths)} fields to look for each word in, and so takes {most} words at most.",
                "Use fewer words; or ask the operator for an index made anew, which has one field for all words.",
            )
        return paths


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
        text=_short("q", (request.text("q") or "").strip(), "Search for fewer words."),
        conditions=conditions,
        sort_field=None if sort is None else _field("sort", sort.removeprefix("-")),
        descending=(sort or "").startswith("-"),
        size=size,
        start=start,
    )


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
        value=_short("where", match["value"], "Search for its words with `q`.", most=MAX_COMPARED_CHARACTERS),
    )


def _field(parameter: str, field: str) -> str:
    if not field:
        raise bad_request(
            "invalid_field", f"`{parameter}` names no attribute of an item.", "Name an attribute, for example name."
        )
    return _short(parameter, field)


def _short(parameter: str, text: str, hint: str = "Shorten it.", *, most: int = MAX_TEXT_CHARACTERS) -> str:
    if len(text) > most:
        raise bad_request("invalid_parameter", f"`{parameter}` is longer than {most} characters.", hint)
    return text


def _clause(condition: Condition, fields: Mapping[str, Field]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"match_all": {}} if condition.operator == "!=" else {"match_none": {}}
    field = fields.get(condition.field)
    if field is None:  # no item has it; so a name that isn't in the mapping, `_id` or `.`, never reaches the index
        return nothing
    value: Any = condition.value
    if field.type in _NUMBER_TYPES:
        if not _NUMBER.fullmatch(value.strip()) or not math.isfinite(float(value)):
            raise _not_a_number(condition.field)  # not "none equals it": the field doesn't see texts
        value = float(value)
    if condition.operator in _RANGES:
        return {"range": {field.compared: {_RANGES[condition.operator]: value}}}
    equal = {"term": {field.compared: {"value": value}}}
    return equal if condition.operator == "=" else {"bool": {"must_not": [equal]}}


def _sort(field: Field, order: str) -> dict[str, Any]:
    return {field.compared: {"order": order, "missing": "_last"}}


def _not_a_number(field: str) -> Problem:
    return bad_request(
        "invalid_condition",
        f"{shown(field)} holds numbers, and the value to compare with is none.",
        "Compare with a number. An item's text in this attribute is found by its words, with `q`.",
    )
