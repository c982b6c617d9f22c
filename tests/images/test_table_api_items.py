"""The item routes over a fake table: create, read, replace, patch, delete, list."""

import json
from typing import Any
from urllib.parse import urljoin

import pytest
from botocore.exceptions import ConnectTimeoutError

from tests.images.table_api_fakes import Api, client_error, event

WORKSHOP_BODY = {"name": "Test DynamoDB Stream Pipeline", "type": "Test"}


@pytest.fixture
def api() -> Api:
    return Api()


def test_the_workshops_body_is_stored_under_a_new_id_that_the_caller_gets(api: Api) -> None:
    response = api.answer(event("POST", "/items", json.dumps(WORKSHOP_BODY)))
    item_id = json.loads(response["body"])["id"]
    assert response["statusCode"] == 201
    # As a client resolves it against the URL it has posted to.
    assert urljoin("https://h/v1/items", response["headers"]["Location"]) == f"https://h/v1/items/{item_id}"
    assert api.call("GET", f"/items/{item_id}") == (200, {"id": item_id, **WORKSHOP_BODY})
    assert api.table.calls[-1][1]["ConsistentRead"] is True


def test_an_id_that_exists_is_a_conflict_and_the_item_stays(api: Api) -> None:
    api.call("POST", "/items", {"id": "a", "v": "first"})
    assert api.call("POST", "/items", {"id": "a", "v": "second"})[0] == 409
    assert api.call("GET", "/items/a")[1]["v"] == "first"


def test_a_conflict_on_an_id_of_our_own_is_our_own_retry_and_counts_as_created(api: Api) -> None:
    api.table.failure = client_error("PutItem", "ConditionalCheckFailedException")
    assert api.call("POST", "/items", WORKSHOP_BODY)[0] == 201


def test_put_creates_then_replaces(api: Api) -> None:
    assert api.call("PUT", "/items/a", {"x": 1, "y": 2}) == (201, {"id": "a"})
    assert api.call("PUT", "/items/a", {"id": "a", "x": 3}) == (200, {"id": "a"})
    assert api.call("GET", "/items/a") == (200, {"id": "a", "x": "3"})
    assert api.call("PUT", "/items/a", {"id": "b"})[1]["error"]["code"] == "id_mismatch"


def test_patch_sets_and_removes_in_one_call_and_keeps_the_rest(api: Api) -> None:
    api.call("PUT", "/items/a", {"x": 1, "y": 2, "z": 3})
    status, item = api.call("PATCH", "/items/a", '{"id": "a", "x": 9.50, "y": null, "size": {"n": null}}')
    assert (status, item) == (200, {"id": "a", "x": "9.50", "z": "3", "size": {"n": None}})
    assert [name for name, _ in api.table.calls] == ["PutItem", "UpdateItem"]
    assert api.call("PATCH", "/items/a", {"z": None}) == (200, {"id": "a", "x": "9.50", "size": {"n": None}})


def test_patch_of_a_missing_item_creates_nothing(api: Api) -> None:
    assert api.call("PATCH", "/items/a", {"x": 1})[0] == 404
    assert api.table.items == {}


@pytest.mark.parametrize("body", [{}, {"id": "a"}, {"id": None}, {"id": "b", "x": 1}, {"": None}])
def test_a_patch_that_changes_nothing_or_the_id_is_refused(api: Api, body: dict[str, Any]) -> None:
    api.call("PUT", "/items/a", {"x": 1})
    assert api.call("PATCH", "/items/a", body)[0] == 400


def test_a_patch_of_too_many_attributes_is_refused_before_dynamodb_would(api: Api) -> None:
    api.call("PUT", "/items/a", {})
    assert api.call("PATCH", "/items/a", {f"n{i}": i for i in range(250)})[0] == 200
    assert api.call("PATCH", "/items/a", {f"n{i}": i for i in range(251)})[1]["error"]["code"] == "too_many_attributes"


def test_delete_answers_204_then_404(api: Api) -> None:
    api.call("PUT", "/items/a", {})
    assert api.call("DELETE", "/items/a") == (204, None)
    assert api.call("DELETE", "/items/a")[0] == 404
    assert api.call("GET", "/items/a")[0] == 404


def test_pages_show_every_item_once(api: Api) -> None:
    for number in range(7):
        api.call("PUT", f"/items/i{number}", {"n": number})
    seen: list[str] = []
    query = {"limit": "3"}
    while True:
        status, page = api.call("GET", "/items", **query)
        assert status == 200
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query = {"limit": "3", "next": page["next"]}
    assert seen == [f"i{number}" for number in range(7)]


def test_a_page_of_large_items_ends_early_and_goes_on_where_it_ended(api: Api) -> None:
    for number in range(50):
        api.call("PUT", f"/items/i{number:02}", {"text": "x" * 64_000})
    _, first = api.call("GET", "/items", limit="100")
    assert 1 < len(first["items"]) < 50
    _, second = api.call("GET", "/items", limit="100", next=first["next"])
    assert [item["id"] for item in first["items"] + second["items"]] == [f"i{number:02}" for number in range(50)]


@pytest.mark.parametrize("cursor", ["x", "", "%%%", "WzEsMV0", "WzEsIiJd", "WzIsImEiXQ", "é", "W10", "bnVsbA"])
def test_a_cursor_that_is_not_ours_is_refused(api: Api, cursor: str) -> None:
    assert api.call("GET", "/items", next=cursor)[1]["error"]["code"] == "invalid_cursor"


def test_sets_and_binary_are_answered_as_sorted_arrays_and_base64(api: Api) -> None:
    api.table.items["a"] = {
        "id": {"S": "a"},
        "ss": {"SS": ["b", "a"]},
        "ns": {"NS": ["10", "9", "-1.50"]},
        "b": {"B": b"\x00\xff"},
        "bs": {"BS": [b"b", b"a"]},
    }
    expected = {"id": "a", "ss": ["a", "b"], "ns": ["-1.50", "9", "10"], "b": "AP8=", "bs": ["YQ==", "Yg=="]}
    assert api.call("GET", "/items/a") == (200, expected)


@pytest.mark.parametrize(
    ("code", "text", "aws_status", "status"),
    [
        ("ProvisionedThroughputExceededException", "", 400, 429),
        ("ThrottlingException", "", 400, 429),
        ("InternalServerError", "", 500, 503),
        ("ResourceNotFoundException", "", 400, 503),
        ("AccessDeniedException", "", 400, 500),
        ("ValidationException", "Item size to update has exceeded the maximum allowed size", 400, 413),
        ("ValidationException", "Something about secret-value", 400, 400),
        ("ValidationException", "The provided key element does not match the schema", 400, 500),
    ],
)
def test_errors_of_aws_get_their_status_and_tell_the_caller_nothing(
    api: Api, code: str, text: str, aws_status: int, status: int
) -> None:
    api.table.failure = client_error("PutItem", code, text, aws_status)
    response = api.answer(event("PUT", "/items/secret-id", '{"x": "secret-value"}'))
    assert response["statusCode"] == status
    assert "Exception" not in response["body"] + str(response["headers"])
    assert ("Retry-After" in response["headers"]) is (status in (429, 503))
    line = json.loads(api.lines[-1])
    assert f"dynamodb:{code}:aws-request-1" == line["cause"]
    assert "secret" not in response["body"] + api.lines[-1]
    assert ("request-1" in response["body"]) is (status >= 500)


def test_an_unreachable_table_is_503(api: Api) -> None:
    api.table.failure = ConnectTimeoutError(endpoint_url="http://localhost")
    assert api.call("GET", "/items/a")[0] == 503


def test_a_mistake_of_ours_is_a_500_whose_log_line_names_the_place_but_no_value(api: Api) -> None:
    api.table.failure = KeyError("secret")
    response = api.answer(event("GET", "/items/a"))
    assert response["statusCode"] == 500
    assert json.loads(api.lines[-1])["cause"].startswith("KeyError at table_api_fakes.py:")
    assert "secret" not in response["body"] + api.lines[-1]


def test_the_log_line_tells_the_route_and_neither_id_nor_body(api: Api) -> None:
    api.call("PUT", "/items/my-id", {"x": "my-value"})
    line = json.loads(api.lines[0])
    assert {name: line[name] for name in ("method", "resource", "status", "request_id")} == {
        "method": "PUT",
        "resource": "/items/{id}",
        "status": 201,
        "request_id": "request-1",
    }
    assert line["milliseconds"] >= 0
    assert "my-" not in api.lines[0]
