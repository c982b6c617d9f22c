"""Tables of the API's page: every operation of the document that a stack serves, and every code of an error."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.api.queue_answers import ANSWERS
from infra.api.refusals import REFUSALS
from tools.reference.graph import deployed
from tools.reference.markdown import table
from tools.reference.refusals import ANALYSIS_STATUS, TABLE_API, refusals
from tools.reference.settings import values

_ANSWER = "api-routes-get-openapi-json-200-integration"
Codes = Mapping[str, list[str]]


def document() -> dict[str, Any]:
    """Returns the document of a stack without settings."""
    [answer] = [entry for entry in deployed().registrations if entry.name == _ANSWER]
    found: dict[str, Any] = json.loads(answer.inputs["responseTemplates"]["application/json"])
    return found


def operations() -> str:
    """Returns a section for each operation: its parameters, answers and own errors, then what all may answer."""
    paths = document()["paths"]
    shared = _codes(paths["/openapi.json"]["get"])  # the gateway's own: no function is behind it
    sections = [
        _operation(f"{method.upper()} {path}", operation, shared)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "parameters"
    ]
    everywhere = table(["Status", "On every path, by the gateway"], _rows(shared))
    return "\n\n".join([*sections, f"### Every path\n\n{everywhere}"])


def errors() -> str:
    """Returns a table of every code with its statuses and the words that come with it."""
    said: dict[str, dict[int, dict[str, None]]] = {}
    for source in (TABLE_API, ANALYSIS_STATUS):
        for (status, code), messages in refusals(source).items():
            said.setdefault(code, {}).setdefault(status, {}).update(dict.fromkeys(messages))
    for answer in ANSWERS:
        if answer.error:
            error = json.loads(answer.error)["error"]
            said.setdefault(error["code"], {}).setdefault(int(answer.status), {})[error["message"]] = None
    for refusal in REFUSALS:
        words = said.setdefault(refusal.code, {}).setdefault(refusal.status or int(refusal.type[-3]), {})
        words[refusal.hint] = None
    rows = [
        [f"`{code}`", ", ".join(_status(each) for each in sorted(statuses)), _sentence(statuses)]
        for code, statuses in sorted(said.items())
    ]
    return table(["Code", "Status", "Says"], rows)


def _status(status: int) -> str:
    return str(status) if status > 9 else f"{status}xx"


def _sentence(statuses: Mapping[int, Mapping[str, None]]) -> str:
    return " ".join(dict.fromkeys(word for words in statuses.values() for word in words))


def _operation(title: str, operation: Mapping[str, Any], shared: Codes) -> str:
    own = {
        status: [code for code in codes if code not in shared.get(status, [])]
        for status, codes in _codes(operation).items()
    }
    parts = [f"### {title}", " ".join([operation["summary"], *_body(operation)])]
    if parameters := operation.get("parameters"):
        parts.append(table(["Parameter", "Values", "What"], map(_parameter, parameters)))
    parts.append(table(["Status", "Answer"], [*_successes(operation), *_rows(own)]))
    return "\n\n".join(parts)


def _body(operation: Mapping[str, Any]) -> Iterator[str]:
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        yield f"Its body is JSON, `{schema['$ref'].rpartition('/')[2]}` in the document."


def _parameter(parameter: Mapping[str, Any]) -> list[str]:
    schema = parameter["schema"]
    default = f", {schema['default']} by default" if "default" in schema else ""
    return [f"`{parameter['name']}`", f"{values(schema)}{default}", parameter["description"]]


def _successes(operation: Mapping[str, Any]) -> Iterator[list[str]]:
    for status, answer in operation["responses"].items():
        if status < "4":
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            members = ", ".join(f"`{name}`" for name in schema.get("properties", {}))
            headers = ", ".join(f"`{name}`" for name in answer.get("headers", {}))
            extra = [f"Members: {members}." if members else "", f"Header {headers}." if headers else ""]
            yield [status, " ".join(filter(None, [answer["description"], *extra]))]


def _codes(operation: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        status: answer["content"]["application/json"]["schema"]["properties"]["error"]["properties"]["code"]["enum"]
        for status, answer in operation["responses"].items()
        if status >= "4"
    }


def _rows(codes: Codes) -> list[list[str]]:
    return [[status, ", ".join(f"`{code}`" for code in known)] for status, known in sorted(codes.items()) if known]
