"""The OpenAPI document: valid, of the routes that are served, and of what the functions behind them really say."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.api.document import TEMPLATE_LIMIT_BYTES
from table_api.item_query import MAX_CONDITIONS, MAX_SIZE, MAX_TEXT_CHARACTERS, MAX_WINDOW, PARAMETERS
from table_api.item_routes import MAX_LIMIT
from tests.infra import resource_types as types
from tests.infra.api.described import document_of, template_of
from tests.infra.conftest import Deploy
from tests.infra.variants import VARIANTS
from tools.reference.refusals import ANALYSIS_STATUS, TABLE_API, Refusals, refusals

# No operation has them: what there is no operation for, and an event that came by no gateway.
OF_NO_OPERATION = {(404, "unknown_route"), (405, "method_not_allowed"), (400, "invalid_event")}


def problems(document: Any) -> list[str]:
    return [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]


@pytest.mark.parametrize("variant", ["defaults", "api key", "without analyses"])
def test_document_is_valid(deploy: Deploy, variant: str) -> None:
    assert problems(document_of(deploy(VARIANTS[variant]))) == []


def _operation_twice(document: Any) -> None:
    document["paths"]["/items"]["post"]["operationId"] = "listItems"


def _answer_undescribed(document: Any) -> None:
    del document["paths"]["/search"]["get"]["responses"]["200"]["description"]


def _id_undeclared(document: Any) -> None:
    del document["paths"]["/items/{id}"]["parameters"]


def _type_unknown(document: Any) -> None:
    document["components"]["schemas"]["Item"]["type"] = "item"


@pytest.mark.parametrize("spoil", [_operation_twice, _answer_undescribed, _id_undeclared, _type_unknown])
def test_validator_finds_what_is_seeded(deploy: Deploy, spoil: Callable[[Any], None]) -> None:
    document = copy.deepcopy(document_of(deploy()))
    spoil(document)

    assert problems(document) != []


def test_template_renders_as_itself_and_leaves_room(deploy: Deploy) -> None:
    template = template_of(deploy())

    assert not set("$#") & set(template)
    assert '"$ref":"#/components/schemas/Item"' in json.dumps(document_of(deploy()), separators=(",", ":"))
    assert len(template.encode()) < TEMPLATE_LIMIT_BYTES / 4


def codes_of(document: Any, *paths: str) -> set[tuple[int, str]]:
    """Status and code of every error that these paths may answer with."""
    return {
        (int(status), code)
        for path in paths
        for operation in document["paths"][path].values()
        if isinstance(operation, dict)
        for status, answer in operation["responses"].items()
        if status.isdigit() and status >= "400"
        for code in answer["content"]["application/json"]["schema"]["properties"]["error"]["properties"]["code"]["enum"]
    }


@pytest.mark.parametrize(
    ("source", "paths"),
    [(TABLE_API, ("/items", "/items/{id}", "/search")), (ANALYSIS_STATUS, ("/analyses/{id}",))],
    ids=["items and search", "status"],
)
def test_codes_are_those_of_the_functions_and_of_the_gateway(
    deploy: Deploy, source: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    document = document_of(deploy())
    of_gateway = codes_of(document, "/openapi.json")
    of_function = set(refusals(source)) - OF_NO_OPERATION

    assert codes_of(document, *paths) == of_function | of_gateway
    assert len(of_function) > 3


def test_source_says_every_code_with_its_words_in_place() -> None:
    known: Refusals = {**refusals(TABLE_API), **refusals(ANALYSIS_STATUS)}

    assert [key for key, messages in known.items() if not all(messages)] == []
    assert known[400, "too_many_attributes"] == ("A PATCH changes at most … attributes.",)
    assert known[429, "throttled"] == ("Too many requests at this moment.",)


def _schemas(document: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield from ((each["name"], each["schema"]) for each in document["paths"][path]["get"]["parameters"])


def test_parameters_and_bounds_are_the_functions(deploy: Deploy) -> None:
    listed, searched = (dict(_schemas(document_of(deploy()), path)) for path in ("/items", "/search"))

    assert (set(listed), tuple(searched)) == ({"limit", "next"}, PARAMETERS)
    assert (listed["limit"]["maximum"], searched["size"]["maximum"]) == (MAX_LIMIT, MAX_SIZE)
    assert (searched["from"]["maximum"], searched["where"]["maxItems"]) == (MAX_WINDOW, MAX_CONDITIONS)
    assert searched["q"]["maxLength"] == searched["sort"]["maxLength"] == MAX_TEXT_CHARACTERS


def test_a_changed_document_makes_a_new_deployment(deploy: Deploy) -> None:
    triggers = [deploy(VARIANTS[name]).one(types.DEPLOYMENT).inputs["triggers"] for name in ("defaults", "api key")]
    renamed = deploy({"api": {"name": "another"}}).one(types.DEPLOYMENT).inputs["triggers"]

    assert len({each["routes"] for each in (*triggers, renamed)}) == 3
