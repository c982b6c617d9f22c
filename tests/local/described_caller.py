"""A caller that holds every answer of the API against the API's own OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tests.local.api_caller import Answer, Caller

# Of paths and methods that the document doesn't have; a signature is asked for before the path is looked at.
UNDESCRIBED = {(404, "unknown_route"), (405, "method_not_allowed"), (403, "not_authenticated")}


class DescribedCaller(Caller):
    """Raises AssertionError for an answer that the document doesn't have."""

    def __init__(self, api_url: str, region: str) -> None:
        super().__init__(api_url, region)
        self.document: dict[str, Any] = json.loads(super().call("GET", "/openapi.json").text)

    def call(self, method: str, path: str, *more: Any, **named: Any) -> Answer:
        answer = super().call(method, path, *more, **named)
        assert list(misfits(self.document, method, path, answer)) == [], answer.text[:500]
        return answer


def misfits(document: Mapping[str, Any], method: str, path: str, answer: Answer) -> Iterator[str]:
    """Yields what of an answer is not in the document."""
    operation = _operation(document, method, path.partition("?")[0])
    if operation is None:
        code = json.loads(answer.text)["error"]["code"] if answer.text else "method_not_allowed"
        if (answer.status, code) not in UNDESCRIBED:
            yield f"{method} {path} is no operation and answers {answer.status} {code}"
        return
    responses = operation["responses"]
    described = responses.get(str(answer.status)) or responses.get(f"{answer.status // 100}XX")
    if described is None:
        yield f"{answer.status} is not described"
        return
    if "content" not in described:
        if answer.text:
            yield "a body is not described"
        return
    schema = {"components": document["components"], **described["content"]["application/json"]["schema"]}
    yield from (f"{error.json_path}: {error.message}" for error in _errors(schema, answer.text))
    if "Location" in described.get("headers", {}) and "location" not in answer.headers:
        yield "no header Location"


def _errors(schema: Mapping[str, Any], text: str) -> Iterator[Any]:
    yield from Draft202012Validator(dict(schema)).iter_errors(json.loads(text))


def _operation(document: Mapping[str, Any], method: str, path: str) -> Mapping[str, Any] | None:
    for template, methods in document["paths"].items():
        pattern = re.escape(template).replace(r"\{id\}", ".*" if template.startswith("/items") else "[^/]*")
        if re.fullmatch(pattern, path):
            found: Mapping[str, Any] | None = methods.get(method.lower())
            return found
    return None
