"""Renders the API's OpenAPI document from the routes that the gateway serves.

Version 3.1, whose schemas are JSON Schema and need no dialect of their own. The server's URL is relative, so the
document is right behind a stage, a domain of one's own and the local stack alike.
https://spec.openapis.org/oas/v3.1.1.html#server-object
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.api.item_operations import ITEM
from infra.api.queue_answers import ANSWERS
from infra.api.refusals import REFUSALS
from infra.api.routes import ROUTES
from infra.base.operation import Answer, Operation, merged
from infra.base.routes import QueueRoutes

_TEXT = {"type": "string"}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {
                "code": {**_TEXT, "description": "Stable, for programs."},
                "message": {**_TEXT, "description": "What is wrong."},
                "hint": {**_TEXT, "description": "What to change."},
                "request_id": {**_TEXT, "description": "With 5xx: for the operator, to find the log line."},
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}
ACCEPTED = {
    "type": "object",
    "required": ["request_id", "status"],
    "properties": {"request_id": _TEXT, "status": {**_TEXT, "description": "The path of its status."}},
    "additionalProperties": False,
}
SECURITY: Mapping[str, Mapping[str, str]] = {
    "iam": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "awsSigv4",
        "description": "AWS Signature Version 4 for the service execute-api.",
    },
    "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
# What the gateway may refuse on any path; its answers without a status of their own are the ranges.
_GATEWAY = merged(*({refusal.status: (refusal.code,)} for refusal in REFUSALS if refusal.status is not None))
_RANGES = {f"{refusal.type[-3]}XX": (refusal.code,) for refusal in REFUSALS if refusal.status is None}
_QUEUE = merged(*({int(each.status): (json.loads(each.error)["error"]["code"],)} for each in ANSWERS if each.error))


def document(title: str, version: str, authorization: str, queue_routes: Sequence[QueueRoutes]) -> dict[str, Any]:
    """Returns the document; `version` is the stage, the only version that the API has."""
    paths: dict[str, dict[str, Any]] = {}
    schemas = {"Error": ERROR, "Item": ITEM}
    for route in ROUTES:
        if route.operation:
            paths.setdefault(route.path.replace("+", ""), {})[route.method.lower()] = _described(route.operation)
    for each in queue_routes:
        schemas[each.model] = {key: value for key, value in each.schema.items() if key != "$schema"}
        paths[f"/{each.path}"] = {"post": _described(_asking(each))}
        paths[f"/{each.path}/{{id}}"] = {"get": _described(each.status)}
    for path, methods in paths.items():
        if "{id}" in path:
            methods["parameters"] = [_id_in_path()]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": "Writes, reads and searches the items of the table. Every error has a code, a message and a "
            "hint; 404 unknown_route and 405 method_not_allowed answer paths and methods that are not in here.",
        },
        "servers": [{"url": ".", "description": "Where this document is."}],
        "security": [{"caller": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"caller": SECURITY[authorization]}},
    }


def _asking(routes: QueueRoutes) -> Operation:
    accepted = Answer(status=202, what="Accepted, to be done.", schema=ACCEPTED, headers=("Location",))
    return Operation(
        name=f"ask{routes.model}",
        what=routes.what,
        body={"$ref": f"#/components/schemas/{routes.model}"},
        answers=(accepted,),
        codes=_QUEUE,
    )


def _described(operation: Operation) -> dict[str, Any]:
    errors = merged(operation.codes, _GATEWAY)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.what,
        "responses": {
            **{str(answer.status): _success(answer) for answer in operation.answers},
            **{str(status): _refusal(codes, waits=status in (429, 503)) for status, codes in errors.items()},
            **{statuses: _refusal(codes) for statuses, codes in _RANGES.items()},
        },
    }
    if operation.query:
        described["parameters"] = [{"in": "query", **parameter} for parameter in operation.query]
    if operation.body:
        described["requestBody"] = {"required": True, "content": _json(operation.body)}
    return described


def _success(answer: Answer) -> dict[str, Any]:
    body = {} if answer.schema is None else {"content": _json(answer.schema)}
    return {"description": answer.what, **_headers(answer.headers), **body}


def _refusal(codes: Iterable[str], *, waits: bool = False) -> dict[str, Any]:
    known = list(codes)
    one_of = {"properties": {"error": {"properties": {"code": {"enum": known}}}}}
    schema = {"$ref": "#/components/schemas/Error", **one_of}
    return {"description": ", ".join(known), **_headers(["Retry-After"] if waits else []), "content": _json(schema)}


def _headers(names: Iterable[str]) -> dict[str, Any]:
    headers = {name: {"schema": {"type": "string"}} for name in names}
    return {"headers": headers} if headers else {}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _id_in_path() -> dict[str, Any]:
    what = "Percent-encoded, slashes too."
    return {"name": "id", "in": "path", "required": True, "description": what, "schema": {**_TEXT, "minLength": 1}}
