"""The API by HTTP, through the real program: gateway, function, table, both feeds, both indexes.

Every answer is held against the OpenAPI document that the API itself answers. Not proven here, since the emulator does
otherwise (tests/infra proves the declarations instead): it asks for an Authorization header but doesn't verify the
signature; it validates bodies of every content type; it decodes paths before the function sees them (tests/images
covers both forms); an address that isn't the stage's is its own 404.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urljoin

import pytest
import requests

from local.layout import ROOT
from local.program.resources import CREATORS
from local.program.resources.creation import Cloud
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from tests.local.api_caller import Answer, Caller
from tests.local.api_hostile import HOSTILE, Hostile
from tests.local.api_stack import running_stack
from tests.local.described_caller import DescribedCaller

pytestmark = pytest.mark.local
SYNC_SECONDS = 30


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One stack for this file; tests use ids of their own."""
    with running_stack(tmp_path_factory.mktemp("api-stack")) as outputs:
        yield outputs


@pytest.fixture(scope="module")
def api(outputs: dict[str, Any]) -> Caller:
    return DescribedCaller(outputs["api_url"], REGION)


@pytest.fixture(scope="module")
def aws(outputs: dict[str, Any]) -> Callable[[str], Any]:
    """A boto3 client of the emulator by its service."""
    return lambda service: aws_client(outputs["aws_endpoint_url"], REGION, service)


@pytest.fixture(scope="module")
def table(outputs: dict[str, Any], aws: Callable[[str], Any]) -> Callable[[], dict[str, Any]]:
    """The whole table, by id."""
    client = aws("dynamodb")

    def items() -> dict[str, Any]:
        found = client.get_paginator("scan").paginate(TableName=outputs["table_name"], ConsistentRead=True)
        return {item["id"]["S"]: item for page in found for item in page["Items"]}

    return items


@pytest.fixture(scope="module", autouse=True)
def kept(api: Caller) -> None:
    """An item that no refused request may change."""
    assert api.call("PUT", "/items/kept", {"name": "kept", "n": 1}).status == 201


def eventually(api: Caller, path: str, wanted: Callable[[Any], bool]) -> Any:
    """The search's answer as soon as it is as wanted."""
    deadline = time.monotonic() + SYNC_SECONDS
    while True:
        answer = api.call("GET", path)
        assert answer.status == 200, answer.text
        if wanted(answer.body):
            return answer.body
        assert time.monotonic() < deadline, f"{path} still answers {answer.text}"
        time.sleep(0.2)


def refused(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    error = answer.body["error"]
    assert error["code"] == code
    assert error["message"].strip()
    assert error["hint"]


def test_an_items_life_by_the_location_that_its_creation_gave(api: Caller) -> None:
    created = api.call("POST", "/items", {"name": "Test DynamoDB Stream Pipeline", "type": "Test"})
    assert created.status == 201
    location = urljoin(f"{api.api_url}/items", created.headers["location"])
    assert location == f"{api.api_url}/items/{created.body['id']}"
    path = location.removeprefix(api.api_url)
    assert api.call("GET", path).body["name"] == "Test DynamoDB Stream Pipeline"
    patched = api.call("PATCH", path, {"type": None, "size": {"a": [1.50, None, True, ""]}})
    assert (patched.status, patched.body["size"]) == (200, {"a": ["1.5", None, True, ""]})
    assert "type" not in patched.body
    assert api.call("PUT", path, {"x": 1}).status == 200
    assert api.call("GET", path).body == {"id": created.body["id"], "x": "1"}
    assert api.call("DELETE", path).status == 204
    refused(api.call("GET", path), 404, "not_found")
    refused(api.call("PATCH", path, {"x": 1}), 404, "not_found")


@pytest.mark.parametrize("item_id", ["a/b", "a b", "é/ü", "🙂", "50%", "a?b#c", "a+b&c=d", "..a", "x" * 2048])
def test_an_id_of_any_sort_is_created_found_at_its_location_and_deleted(api: Caller, item_id: str) -> None:
    created = api.call("POST", "/items", {"id": item_id, "name": "odd"})
    assert created.status == 201
    path = urljoin(f"{api.api_url}/items", created.headers["location"]).removeprefix(api.api_url)
    assert path == f"/items/{quote(item_id, safe='')}"
    assert api.call("GET", path).body == {"id": item_id, "name": "odd"}
    assert api.call("PUT", path, {"name": "odder"}).body == {"id": item_id}
    assert api.call("DELETE", path).status == 204
    refused(api.call("DELETE", path), 404, "not_found")


def test_pages_show_every_item_once(api: Caller, table: Callable[[], dict[str, Any]]) -> None:
    for number in range(7):
        assert api.call("PUT", f"/items/page-{number}", {}).status == 201
    seen: list[str] = []
    path = "/items?limit=3"
    while path:
        page = api.call("GET", path).body
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        path = f"/items?limit=3&next={page['next']}" if page["next"] else ""
    assert len(seen) == len(set(seen))
    assert set(seen) == set(table())


def test_a_body_of_64_kb_is_stored_and_answered_whole(api: Caller) -> None:
    body = b'{"a":"' + b"x" * (65_536 - 8) + b'"}'
    assert api.call("PUT", "/items/large", body).status == 201
    assert len(api.call("GET", "/items/large").body["a"]) == 65_528


def test_digits_survive_table_and_index(api: Caller) -> None:
    numbers = ["12345678901234567890123456789012345678", "-0.12345678901234567890123456789012345678", "1E-130", "0.1"]
    body = f'{{"name": "digits", "list": [{",".join(numbers)}]}}'
    assert api.call("PUT", "/items/digits", body.encode()).status == 201
    assert api.call("GET", "/items/digits").body["list"] == numbers
    found = eventually(api, "/search?where=name%3Ddigits", lambda answer: answer["total"] == "1")
    assert found["items"][0]["item"]["list"] == numbers


def test_search_finds_what_was_written_by_words_conditions_and_order(api: Caller) -> None:
    for year in (2011, 2012, 2013):
        assert (
            api.call("PUT", f"/items/y{year}", {"name": "Annual report", "year": year, "o": {"a b": "c"}}).status == 201
        )
    eventually(api, "/search?q=annual%20report", lambda answer: answer["total"] == "3")
    found = api.call("GET", "/search?q=annual&where=year%3E%3D2012&where=o.a%20b%3Dc&sort=-year").body
    assert [hit["item"]["year"] for hit in found["items"]] == ["2013", "2012"]
    assert api.call("DELETE", "/items/y2013").status == 204
    eventually(
        api, "/search?q=annual&sort=year", lambda answer: [h["id"] for h in answer["items"]] == ["y2011", "y2012"]
    )


def test_names_that_the_index_must_escape_are_searched_and_answered_as_written(api: Caller) -> None:
    item = {"50%": "half", "_id": "mine", "a..b": {"%41": "x"}}
    assert api.call("PUT", "/items/escaped", item).status == 201
    found = eventually(api, "/search?where=50%25%3Dhalf", lambda answer: answer["total"] == "1")
    assert found["items"][0]["item"] == {"id": "escaped", **item}
    for condition in ("_id=mine", "a..b.%41=x"):
        assert api.call("GET", f"/search?where={quote(condition)}").body["total"] == "1"
    assert api.call("GET", f"/search?where={quote('a..b.A=x')}").body["total"] == "0"


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_request_is_refused_with_a_hint_and_stores_nothing(
    api: Caller, table: Callable[[], dict[str, Any]], hostile: Hostile
) -> None:
    before = table()
    answer = api.call(hostile.method, hostile.path, hostile.body, hostile.headers, signed=hostile.signed)
    refused(answer, hostile.status, hostile.code)
    assert table() == before


def test_a_head_request_is_refused_without_a_body(api: Caller) -> None:
    answer = api.call("HEAD", "/items")
    assert (answer.status, answer.text) == (405, "")


def test_fifty_creations_by_eight_callers_arrive_in_both_indexes(outputs: dict[str, Any], api: Caller) -> None:
    with ThreadPoolExecutor(8) as callers:
        created = list(callers.map(lambda n: api.call("POST", "/items", {"name": "crowd", "n": n}), range(50)))
    assert [answer.status for answer in created] == [201] * 50
    wanted = {answer.body["id"] for answer in created}
    assert len(wanted) == 50
    for index in outputs["indexes"].values():
        assert _ids_in(f"{outputs['opensearch_url']}/{index}", wanted) == wanted


def _ids_in(index_url: str, wanted: set[str]) -> set[str]:
    deadline = time.monotonic() + SYNC_SECONDS
    query = {"size": 100, "query": {"match": {"name": "crowd"}}}
    while True:
        hits = requests.post(f"{index_url}/_search", json=query, timeout=10).json()["hits"]["hits"]
        found = {hit["_source"]["id"] for hit in hits}
        if found == wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def test_the_configured_throttle_is_the_stages_and_its_refusal_says_when_to_come_back(
    outputs: dict[str, Any], api: Caller, aws: Callable[[str], Any]
) -> None:
    gateway = aws("apigateway")
    *_, api_id, stage_name = outputs["api_url"].split("/")
    stage = gateway.get_stage(restApiId=api_id, stageName=stage_name)
    limits = stage["methodSettings"]["*/*"]
    assert (limits["throttlingRateLimit"], limits["throttlingBurstLimit"]) == (100.0, 200)

    def limit(rate: float, burst: int) -> None:
        for name, value in (("rate", rate), ("burst", burst)):
            patch = {"op": "replace", "path": f"/*/*/throttling/{name}Limit", "value": str(value)}
            gateway.update_stage(restApiId=api_id, stageName=stage_name, patchOperations=[patch])

    limit(0.001, 1)
    try:
        answers = [api.call("GET", "/search") for _ in range(3)]
    finally:
        limit(100, 200)
    refused(answers[-1], 429, "throttled")
    assert answers[-1].headers["retry-after"] == "1"


def test_a_key_opens_what_asks_for_one(outputs: dict[str, Any], api: Caller, aws: Callable[[str], Any]) -> None:
    """A second deployment would be dear, so one method of this one is changed; the graph tests prove it for all."""
    gateway = aws("apigateway")
    *_, api_id, stage_name = outputs["api_url"].split("/")
    resources = gateway.get_resources(restApiId=api_id, limit=500)["items"]
    [search] = [resource["id"] for resource in resources if resource["path"] == "/search"]
    method = {"restApiId": api_id, "resourceId": search, "httpMethod": "GET"}

    def authorize(kind: str, key_required: str) -> None:
        changes = (("/authorizationType", kind), ("/apiKeyRequired", key_required))
        patches = [{"op": "replace", "path": path, "value": value} for path, value in changes]
        gateway.update_method(**method, patchOperations=patches)

    cloud = Cloud(aws_endpoint_url=outputs["aws_endpoint_url"], opensearch_url="", region=REGION, root=ROOT)

    def create(kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        return CREATORS[f"aws:apigateway/{kind}"](cloud, kind, inputs)

    key_id, key = create("apiKey:ApiKey", name="reader")
    plan_id, _ = create(
        "usagePlan:UsagePlan",
        name="readers",
        apiStages=[{"apiId": api_id, "stage": stage_name}],
        throttleSettings={"rateLimit": 100, "burstLimit": 200},
    )
    create("usagePlanKey:UsagePlanKey", keyId=key_id, usagePlanId=plan_id, keyType="API_KEY")
    authorize("NONE", "true")
    try:
        refused(api.call("GET", "/search", signed=False), 403, "invalid_api_key")
        refused(api.call("GET", "/search", headers={"x-api-key": "guessed"}, signed=False), 403, "invalid_api_key")
        assert api.call("GET", "/search", headers={"x-api-key": key["value"]}, signed=False).status == 200
    finally:
        authorize("AWS_IAM", "false")


def test_no_log_line_holds_an_id_a_name_or_a_value(
    outputs: dict[str, Any], api: Caller, aws: Callable[[str], Any]
) -> None:
    assert api.call("PUT", "/items/secret-id", {"secret-name": "secret-value"}).status == 201
    refused(api.call("POST", "/items", b'{"secret-name": NaN}'), 400, "invalid_number")
    logs = aws("logs")
    [group] = [name for name in _groups(logs) if outputs["functions"]["table_api"] in name]
    lines = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    ours = [json.loads(line) for line in lines if line.startswith('{"method"')]
    assert {"PUT", "POST"} <= {line["method"] for line in ours}
    assert "secret" not in "".join(lines)


def _groups(logs: Any) -> list[str]:
    return [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
