"""What the API refuses, and that refusing stores nothing; what it stores comes back digit by digit."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.images.table_api_fakes import Api, event


@pytest.fixture
def api() -> Api:
    return Api()


def refused(api: Api, response: dict[str, Any], status: int, code: str) -> None:
    error = json.loads(response["body"])["error"]
    assert (response["statusCode"], error["code"]) == (status, code)
    assert error["message"]
    assert error["hint"]
    assert api.table.items == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "malformed_json"),
        ("", "malformed_json"),
        ("{", "malformed_json"),
        ('{"a": 01}', "malformed_json"),
        ('{"a": "\n"}', "malformed_json"),
        ("\ud800", "malformed_json"),
        ("[]", "not_an_object"),
        ('"x"', "not_an_object"),
        ("null", "not_an_object"),
        ("3", "not_an_object"),
        ('{"a": NaN}', "invalid_number"),
        ('{"a": -Infinity}', "invalid_number"),
        ('{"a": 1, "a": 1}', "duplicate_key"),
        ('{"a": {"b": 1, "b": 2}}', "duplicate_key"),
        ('{"a": 1' + "0" * 37 + "1}", "invalid_number"),
        ('{"a": [1e126]}', "invalid_number"),
        ('{"a": -1e-131}', "invalid_number"),
        ('{"a": 1e' + "9" * 30 + "}", "invalid_number"),
        ('{"a": ' + "1" * 60_000 + "}", "invalid_number"),
        ('{"": 1}', "empty_attribute_name"),
        ('{"a": {"": 1}}', "empty_attribute_name"),
        ('{"a": "\\ud800"}', "invalid_text"),
        ('{"\\udfff": 1}', "invalid_text"),
        ('{"a": ' + "[" * 33 + "]" * 33 + "}", "nested_too_deep"),
        ('{"a": ' + "[" * 30_000 + "]" * 30_000 + "}", "nested_too_deep"),
        ('{"id": 5}', "invalid_id"),
        ('{"id": null}', "invalid_id"),
        ('{"id": ""}', "invalid_id"),
        ('{"id": ["a"]}', "invalid_id"),
    ],
)
def test_a_body_that_is_no_storable_item_is_a_400(api: Api, body: str | None, code: str) -> None:
    refused(api, api.answer(event("POST", "/items", body)), 400, code)


@pytest.mark.parametrize(
    "item_id",
    [
        "x" * 2049,
        "é" * 1025,
        "a\x00b",
        "a\nb",
        "\x7f",
        "\x85",
        "\ud800",
        "..",
        ".",
        "a/../b",
        "/a",
        "a//b",
        "a/",
        "%2e%2e",
        "a\ufffdb",
    ],
)
def test_an_id_that_would_not_survive_an_url_is_refused_in_body_and_path(api: Api, item_id: str) -> None:
    refused(api, api.answer(event("POST", "/items", json.dumps({"id": item_id}))), 400, "invalid_id")
    refused(
        api,
        api.answer(event("PUT", f"/items/{quote(item_id, safe='', errors='surrogatepass')}", "{}")),
        400,
        "invalid_id",
    )


@pytest.mark.parametrize(
    "item_id",
    [
        "a",
        "x" * 2048,
        "é" * 1024,
        "a b",
        " ",
        "a/b",
        "日本語",
        "🙂",
        "100%",
        "50%zz",
        "a+b",
        "a?b#c",
        "..a",
        "'\"<>\\",
        "{id}",
        "\u202e",
    ],
)
def test_other_ids_are_stored_and_read_back_equal_whether_or_not_the_gateway_decodes(api: Api, item_id: str) -> None:
    encoded = f"/items/{quote(item_id, safe='')}"
    assert api.call("POST", "/items", {"id": item_id})[0] == 201
    assert api.call("GET", encoded) == (200, {"id": item_id})
    emulated = event("GET", encoded) | {"version": "1.0", "path": f"/items/{item_id}", "pathParameters": {"id": "?"}}
    assert json.loads(api.answer(emulated)["body"]) == {"id": item_id}
    based = event("GET", encoded) | {"path": f"/base{encoded}"}
    assert json.loads(api.answer(based)["body"]) == {"id": item_id}
    decoded = event("GET", encoded) | {"pathParameters": {"id": item_id}}
    assert json.loads(api.answer(decoded)["body"]) == {"id": item_id}
    unknown = {"resource": "/{proxy+}", "path": f"/base{encoded}", "pathParameters": {"proxy": encoded[1:]}}
    proxy = event("GET", encoded) | unknown
    assert json.loads(api.answer(proxy)["body"]) == {"id": item_id}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_empty_id_is_refused_and_never_taken_for_the_list(api: Api, method: str) -> None:
    refused(api, api.answer(event(method, "/items/", "{}")), 400, "invalid_id")


def test_a_path_that_is_not_utf8_is_refused(api: Api) -> None:
    refused(api, api.answer(event("PUT", "/items/%ff", "{}")), 400, "invalid_id")


@pytest.mark.parametrize("number", ["0", "-1", "47.00", "1e125", "9." + "9" * 37 + "E+125", "1E-130", "1" * 38, "0.1"])
def test_numbers_keep_their_digits(api: Api, number: str) -> None:
    assert api.call("PUT", "/items/a", f'{{"n": {number}, "deep": [{{"n": {number}}}]}}')[0] == 201
    assert api.call("GET", "/items/a")[1] == {"id": "a", "n": number, "deep": [{"n": number}]}


def test_every_zero_is_stored_as_zero(api: Api) -> None:
    api.call("PUT", "/items/a", '{"n": [-0, 0.00, 0e99999999, 0E-400]}')
    assert api.table.items["a"]["n"] == {"L": [{"N": "0"}] * 4}


def test_a_number_that_dynamodb_writes_out_is_answered_short_with_the_same_digits(api: Api) -> None:
    api.table.items["a"] = {"id": {"S": "a"}, "n": {"N": "-12" + "0" * 124}, "m": {"N": "0." + "0" * 129 + "1"}}
    assert api.call("GET", "/items/a")[1] == {"id": "a", "n": "-12E124", "m": "1E-130"}


def test_thirty_one_lists_in_an_attribute_are_the_deepest_that_hold_a_value(api: Api) -> None:
    assert api.call("PUT", "/items/a", '{"a": ' + "[" * 31 + "1" + "]" * 31 + "}")[0] == 201
    assert api.call("PUT", "/items/a", '{"a": ' + "[" * 32 + "1" + "]" * 32 + "}")[0] == 400


def test_a_body_of_64_kb_is_the_largest(api: Api) -> None:
    def sized(size: int) -> str:
        return '{"a": "' + "x" * (size - 9) + '"}'

    assert len(sized(65_536)) == 65_536
    refused(api, api.answer(event("POST", "/items", sized(65_537))), 413, "body_too_large")
    encoded = base64.b64encode(sized(65_537).encode()).decode()
    refused(api, api.answer(event("POST", "/items", encoded) | {"isBase64Encoded": True}), 413, "body_too_large")
    refused(api, api.answer(event("POST", "/items", sized(10_000_000))), 413, "body_too_large")
    assert api.call("POST", "/items", sized(65_536))[0] == 201


def test_a_base64_body_is_decoded_and_a_broken_one_refused(api: Api) -> None:
    refused(api, api.answer(event("PUT", "/items/a", "e30é") | {"isBase64Encoded": True}), 400, "malformed_json")
    refused(api, api.answer(event("PUT", "/items/a", "/w==") | {"isBase64Encoded": True}), 400, "malformed_json")
    assert api.answer(event("PUT", "/items/a", "e30=") | {"isBase64Encoded": True})["statusCode"] == 201


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ("application/merge-patch+json", 201),
        ("", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=latin-1", 415),
    ],
)
def test_a_content_type_counts_only_when_given(api: Api, content_type: str, status: int) -> None:
    response = api.answer(event("PUT", "/items/a", "{}", headers={"Content-Type": content_type}))
    assert response["statusCode"] == status


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/items", "GET, POST"),
        ("POST", "/items/a", "GET, PUT, PATCH, DELETE"),
        ("OPTIONS", "/search", "GET"),
        ("get", "/search", "GET"),
        ("DELETE", "/openapi.json", "GET"),
    ],
)
def test_a_known_path_with_another_method_names_the_allowed_ones(api: Api, method: str, path: str, allow: str) -> None:
    response = api.answer(event(method, path, "{}"))
    refused(api, response, 405, "method_not_allowed")
    assert response["headers"]["Allow"] == allow


@pytest.mark.parametrize("path", ["/", "", "/itemsx", "/Items", "/search/x", "/../items"])
def test_an_unknown_path_is_a_404(api: Api, path: str) -> None:
    response = api.answer(event("GET", path))
    refused(api, response, 404, "unknown_route")
    assert "GET /openapi.json" in json.loads(response["body"])["error"]["hint"]


@pytest.mark.parametrize(
    ("method", "path", "query", "code"),
    [
        ("GET", "/items", {"page": ["1"]}, "unknown_parameter"),
        ("POST", "/items", {"limit": ["1"]}, "unknown_parameter"),
        ("GET", "/items/a", {"\ud800": ["1"]}, "invalid_parameter"),
        ("GET", "/items", {"limit": ["0"]}, "invalid_parameter"),
        ("GET", "/items", {"limit": ["101"]}, "invalid_parameter"),
        ("GET", "/items", {"limit": ["٣"]}, "invalid_parameter"),
        ("GET", "/items", {"limit": ["1.5"]}, "invalid_parameter"),
        ("GET", "/items", {"limit": ["1", "1"]}, "repeated_parameter"),
    ],
)
def test_a_query_that_the_route_does_not_know_is_refused(
    api: Api, method: str, path: str, query: dict[str, list[str]], code: str
) -> None:
    refused(api, api.answer(event(method, path, "{}", query)), 400, code)


def test_an_unknown_query_parameter_is_answered_with_the_allowed_ones(api: Api) -> None:
    assert "limit, next" in api.call("GET", "/items", page="1")[1]["error"]["hint"]


@pytest.mark.parametrize("no_event", [None, [], "x", {}, {"httpMethod": 5, "path": [], "headers": [], "body": {}}])
def test_what_is_no_event_at_all_is_a_4xx(api: Api, no_event: Any) -> None:
    assert 400 <= api.answer(no_event)["statusCode"] < 500
