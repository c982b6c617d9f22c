"""The API in the graph."""

from __future__ import annotations

import dataclasses
import json

from infra.api.refusals import REFUSALS, fingerprint
from infra.api.routes import DESCRIBE, ROUTES
from table_api.problem import throttled
from table_api.request import DOCUMENT, ITEM, ITEMS, SEARCH, UNKNOWN
from table_api.routes import ITEM_ROUTES
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.variants import VARIANTS


def test_key_authorization_adds_a_key_and_a_throttled_plan(deploy: Deploy) -> None:
    graph = deploy({"api": {"authorization": "api_key", "throttle_rate": 7, "throttle_burst": 9}})

    plan = graph.one("aws:apigateway/usagePlan:UsagePlan").inputs
    assert plan["throttleSettings"] == {"rateLimit": 7, "burstLimit": 9}
    assert plan["apiStages"] == [{"apiId": "api-id", "stage": "v1"}]
    graph.one("aws:apigateway/usagePlanKey:UsagePlanKey")
    assert {entry.inputs["apiKeyRequired"] for entry in graph.all(types.METHOD)} == {True}


def test_change_of_authorization_makes_a_new_deployment(deploy: Deploy) -> None:
    signed, keyed = deploy(), deploy(VARIANTS["api key"])

    assert signed.one(types.DEPLOYMENT).inputs["triggers"] != keyed.one(types.DEPLOYMENT).inputs["triggers"]


def test_account_log_role_can_be_left_to_another_stack(deploy: Deploy) -> None:
    account = "aws:apigateway/account:Account"

    assert deploy().one(account).retain_on_delete
    assert deploy({"api": {"account_log_role": False}}).all(account) == []


def test_api_has_the_functions_routes_and_a_catch_all_on_every_path() -> None:
    served = {(path, method) for path, methods in ITEM_ROUTES.items() for method in methods} | {(SEARCH, "GET")}
    explicit = {
        (route.path.replace("{id+}", "{id}"), route.method): route.operation
        for route in ROUTES
        if route.method != "ANY"
    }

    assert explicit.pop((DOCUMENT, "GET")) is DESCRIBE  # the gateway's own
    assert set(explicit) == served
    assert all(explicit.values())
    caught = {route.path for route in ROUTES if route.method == "ANY"}
    assert caught == {ITEMS, "/items/{id+}", SEARCH, DOCUMENT, UNKNOWN, "/"}
    assert ITEM == "/items/{id}"


def test_refusals_of_the_gateway_and_of_the_function_agree_on_codes_and_waiting(deploy: Deploy) -> None:
    refusals = {entry.inputs["responseType"]: entry.inputs for entry in deploy().all(types.REFUSAL)}

    assert f'"code":"{throttled("").code}"' in refusals["THROTTLED"]["responseTemplates"]["application/json"]
    waiting = refusals["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"]
    assert waiting == f"'{throttled('').headers['Retry-After']}'"
    assert '"request_id":"$context.requestId"' in refusals["DEFAULT_5XX"]["responseTemplates"]["application/json"]
    assert {
        "BAD_REQUEST_BODY",
        "BAD_REQUEST_PARAMETERS",
        "REQUEST_TOO_LARGE",
        "MISSING_AUTHENTICATION_TOKEN",
        "UNAUTHORIZED",
        "ACCESS_DENIED",
        "INVALID_API_KEY",
    } <= set(refusals)


def test_a_changed_refusal_makes_a_new_deployment(deploy: Deploy) -> None:
    before = deploy().one(types.DEPLOYMENT).inputs["triggers"]["refusals"]

    assert before == fingerprint(REFUSALS)
    for changed in ({"hint": "x"}, {"code": "x"}, {"status": 418}, {"retry_after_seconds": 9}):
        assert fingerprint([dataclasses.replace(REFUSALS[0], **changed), *REFUSALS[1:]]) != before


def test_bodies_are_validated_as_objects(deploy: Deploy) -> None:
    graph = deploy()

    with_body = {e.name for e in graph.all(types.METHOD) if "Item" in e.inputs.get("requestModels", {}).values()}
    assert with_body == {f"api-routes-{name}" for name in ("post-items", "put-items-id", "patch-items-id")}
    assert json.loads(graph.one(types.MODEL, "api-routes-item-model").inputs["schema"])["type"] == "object"
    assert graph.one("aws:apigateway/requestValidator:RequestValidator").inputs["validateRequestBody"] is True
