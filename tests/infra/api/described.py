"""The OpenAPI document of a recorded graph, as the gateway would answer it."""

from __future__ import annotations

import json
from typing import Any

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment

ANSWER = "api-routes-get-openapi-json-200-integration"


def template_of(graph: Deployment) -> str:
    """The text that answers GET /openapi.json."""
    text: str = graph.one(types.INTEGRATION_RESPONSE, ANSWER).inputs["responseTemplates"]["application/json"]
    return text


def document_of(graph: Deployment) -> dict[str, Any]:
    """The document: its template renders as itself."""
    document: dict[str, Any] = json.loads(template_of(graph))
    return document


def served_operations(graph: Deployment) -> set[tuple[str, str]]:
    """Path and method of everything that the gateway serves, without what only refuses."""
    paths = {"root": ""}
    for entry in graph.all(types.API_PATH):  # parents come first; ids as cloud_answers.py gives them
        paths[f"{entry.name}-id"] = f"{paths[entry.inputs['parentId']]}/{entry.inputs['pathPart'].replace('+', '')}"
    methods = [entry.inputs for entry in graph.all(types.METHOD)]
    return {(paths[each["resourceId"]], each["httpMethod"]) for each in methods if each["httpMethod"] != "ANY"}


def described_operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    """The same of a document."""
    found = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    return {(path, method) for path, method in found if method != "PARAMETERS"}
