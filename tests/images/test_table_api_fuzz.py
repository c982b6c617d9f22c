"""Any request at all: never a 5xx, nothing stored on a 4xx, and what is stored comes back digit by digit."""

import copy
import json
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.images.table_api_fakes import Api, event

METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", ""])
# Lone surrogates included: JSON can carry them into an event.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
PATHS = st.one_of(
    st.sampled_from(["/items", "/search", "/items/a", "/items/a", "/", "/items/"]),
    TEXTS.map(lambda text: f"/items/{text}"),
    TEXTS.map(lambda text: f"/items/{quote(text, safe='', errors='surrogatepass')}"),
    TEXTS,
)
RAW_NUMBERS = st.one_of(
    st.integers().map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,45})(\.[0-9]{1,45})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
)


class Raw(str):
    """A number's text inside a tree of JSON values."""


def written(value: Any) -> str:
    """JSON text in which `Raw` stands as it is."""
    if isinstance(value, Raw):
        return str.__str__(value)
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{written(part)}" for name, part in value.items()) + "}"
    return json.dumps(value)


def trees(numbers: st.SearchStrategy[Any], texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """JSON values; `numbers` and `texts` are their leaves, `texts` also the names."""
    return st.recursive(
        st.one_of(st.none(), st.booleans(), numbers, texts),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
        max_leaves=12,
    )


BODIES = st.one_of(
    st.none(),
    TEXTS,
    st.text('{}[]",:0123456789.eE+-naultrfs\\ \n', max_size=30),
    trees(RAW_NUMBERS.map(Raw), TEXTS).map(written),
    st.dictionaries(st.one_of(st.just("id"), TEXTS), trees(RAW_NUMBERS.map(Raw), TEXTS), max_size=4).map(written),
    st.integers(25, 40).map(lambda depth: '{"a":' + "[" * depth + "]" * depth + "}"),
)
CONDITIONS = st.tuples(
    st.sampled_from(["name", "year", "o.city", "_id", ""]), st.sampled_from(["=", "!=", ">", "<="]), TEXTS
).map("".join)
QUERIES = st.dictionaries(
    st.one_of(st.sampled_from(["q", "where", "sort", "size", "from", "limit", "next"]), TEXTS),
    st.lists(st.one_of(TEXTS, CONDITIONS, st.integers(-5, 20_000).map(str)), min_size=1, max_size=2),
    max_size=3,
)
HEADERS = st.sampled_from([{}, {"Content-Type": "application/json"}, {"content-type": "text/plain"}])
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), TEXTS, st.lists(TEXTS, max_size=2), st.dictionaries(TEXTS, TEXTS)
)


@settings(max_examples=500, deadline=None)
@given(method=METHODS, path=PATHS, body=BODIES, query=QUERIES, headers=HEADERS, emulated=st.booleans())
def test_any_request_is_answered_without_a_5xx_and_a_refusal_changes_nothing(
    method: str, path: str, body: str | None, query: dict[str, list[str]], headers: dict[str, str], emulated: bool
) -> None:
    api = Api()
    api.call("PUT", "/items/a", {"kept": 1})
    before = copy.deepcopy(api.table.items)
    proxy_event = event(method, path, body, query if method == "GET" else None, headers)
    response = api.answer(proxy_event | ({"version": "1.0"} if emulated else {}))
    assert response["statusCode"] < 500
    json.dumps(response).encode()
    if response["statusCode"] >= 400:
        assert api.table.items == before
        error = json.loads(response["body"])["error"]
        assert all(error[part] for part in ("code", "message", "hint"))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_event_is_answered_without_a_5xx(data: st.DataObject) -> None:
    proxy_event: dict[str, Any] = event(data.draw(METHODS), data.draw(PATHS), "{}")
    for key in data.draw(st.lists(st.sampled_from(sorted(proxy_event)), max_size=3)):
        proxy_event[key] = data.draw(ODD)
    assert Api().answer(proxy_event)["statusCode"] < 500


def legal(text: str) -> bool:
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    magnitude = len(whole) - leading - 1 + int(exponent or 0)
    return bool(digits) and len(digits.rstrip("0")) <= 38 and -130 <= magnitude <= 125


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    item=st.dictionaries(
        NAMES.filter(lambda n: n != "id"), trees(RAW_NUMBERS.filter(legal).map(Raw), NAMES), max_size=5
    )
)
def test_a_legal_item_comes_back_equal_to_the_last_digit(item: dict[str, Any]) -> None:
    api = Api()
    assert api.call("PUT", "/items/a", written(item))[0] == 201
    answered = json.loads(api.answer(event("GET", "/items/a"))["body"], parse_int=Raw, parse_float=Raw)
    assert written(answered) == written(item | {"id": "a"})


@settings(max_examples=300, deadline=None)
@given(item_id=st.text(st.characters(exclude_categories=()), max_size=20))
def test_any_id_is_stored_and_read_back_equal_or_refused(item_id: str) -> None:
    api = Api()
    status, _ = api.call("POST", "/items", {"id": item_id})
    if status == 201:
        assert api.call("GET", f"/items/{quote(item_id, safe='')}") == (200, {"id": item_id})
    else:
        assert status == 400
        assert api.table.items == {}
