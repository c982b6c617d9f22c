"""Seeded violations of the rules beside this file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from infra.api import document
from infra.api.refusals import REFUSALS, template
from tests.infra import resource_types as types
from tests.infra.api.described import ANSWER, document_of
from tests.infra.api.rules import (
    api_logs_hold_no_content,
    apis_ring_when_they_fail,
    deployments_hold_what_is_served,
    every_method_is_authorised,
    no_path_is_left_to_the_gateway,
    refusals_have_awss_status_in_writing,
    refusals_speak_the_apis_json,
    the_document_says_what_is_served,
)
from tests.infra.deployment import Deployment
from tests.infra.spoiling import Fault, with_inputs, with_inputs_of, with_options, without


def _no_catch_all(graph: Deployment) -> None:
    without(graph, types.METHOD, "httpMethod", "ANY")


def _no_unknown_path(graph: Deployment) -> None:
    without(graph, types.API_PATH, "pathPart", "{proxy+}")


def _no_delete(graph: Deployment) -> None:
    without(graph, types.METHOD, "httpMethod", "DELETE")


def _no_refusals(graph: Deployment) -> None:
    without(graph, types.REFUSAL, "responseType", "DEFAULT_4XX")


def _describing(path: str, method: str) -> Callable[[Deployment], None]:
    """Spoils the document by one more method."""

    def spoil(graph: Deployment) -> None:
        described = document_of(graph)
        described["paths"].setdefault(path, {})[method] = {}
        with_inputs_of(
            types.INTEGRATION_RESPONSE, ANSWER, responseTemplates={"application/json": document.template(described)}
        )(graph)

    return spoil


FAULTS: list[Fault] = [
    (the_document_says_what_is_served, _describing("/nothing", "get")),
    (the_document_says_what_is_served, _describing("/search", "post")),
    (the_document_says_what_is_served, _no_delete),
    (the_document_says_what_is_served, with_inputs_of(types.METHOD, "api-routes-any-search", httpMethod="POST")),
    (the_document_says_what_is_served, with_inputs(types.METHOD, apiKeyRequired=True)),
    (apis_ring_when_they_fail, with_inputs(types.STAGE, stageName="another")),
    (deployments_hold_what_is_served, with_options(types.DEPLOYMENT, dependencies=())),
    (deployments_hold_what_is_served, with_inputs(types.DEPLOYMENT, triggers=None)),
    (deployments_hold_what_is_served, with_inputs(types.DEPLOYMENT, triggers={"routes": "r"})),
    (no_path_is_left_to_the_gateway, _no_catch_all),
    (no_path_is_left_to_the_gateway, _no_unknown_path),
    (refusals_speak_the_apis_json, with_inputs(types.REFUSAL, responseTemplates={"application/json": "{'error'}"})),
    (
        refusals_speak_the_apis_json,
        with_inputs(types.REFUSAL, responseTemplates={"application/json": '{"error":{}}'}),
    ),
    (
        refusals_speak_the_apis_json,
        with_inputs(
            types.REFUSAL, responseTemplates={"application/json": template(dataclasses.replace(REFUSALS[0], hint='"'))}
        ),
    ),
    (refusals_have_awss_status_in_writing, with_inputs(types.REFUSAL, statusCode=None)),
    (refusals_have_awss_status_in_writing, with_inputs(types.REFUSAL, statusCode="500")),
    (
        refusals_have_awss_status_in_writing,
        with_inputs_of(types.REFUSAL, "api-refusals-default-4xx", statusCode="400"),
    ),
    (refusals_speak_the_apis_json, _no_refusals),
    (every_method_is_authorised, with_inputs(types.METHOD, authorization="NONE")),
    (api_logs_hold_no_content, with_inputs(types.METHOD_SETTINGS, settings={"dataTraceEnabled": True})),
]
