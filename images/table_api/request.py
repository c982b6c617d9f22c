"""The proxy event as a checked request: which route, which id, which query, and the body when a route asks for it.

Whatever the event holds, reading it ends in a `Request` or in a 4xx `Problem`.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_kit.problem import Problem, bad_request
from table_api.item_id import encodable, id_from_path
from table_api.item_json import parse_object
from table_api.problem import shown

MAX_BODY_BYTES = 64 * 1024
ITEMS, ITEM, SEARCH = "/items", "/items/{id}", "/search"
DOCUMENT = "/openapi.json"  # the gateway itself answers its GET
UNKNOWN = "/{proxy+}"  # the gateway's resource for every other path
_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request. `route` is a template (`/items/{id}`), `path_id` the raw id in the path when it has one."""

    method: str
    route: str | None
    path_id: str
    path_is_decoded: bool
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: str
    body_is_base64: bool

    def item_id(self) -> str:
        """Gives the id of the path; 400 for one that is not valid."""
        return id_from_path(self.path_id, decoded=self.path_is_decoded)

    def json_object(self) -> dict[str, Any]:
        """Reads the body as a JSON object: 415, 413 or 400 when it is none. Sizes are UTF-8 bytes."""
        content_type, _, parameters = self.headers.get("content-type", "").partition(";")
        charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(' "')
        if (content_type.strip() and not _JSON_TYPE.fullmatch(content_type.strip())) or charset not in ("", "utf-8"):
            hint = "Send `Content-Type: application/json` (UTF-8), or none."
            raise Problem(415, "unsupported_media_type", "The body's content type is not JSON.", hint)
        return parse_object(self._text())

    def _text(self) -> str:
        if len(self.body) > 2 * MAX_BODY_BYTES:  # base64 takes 4/3, so nothing legal is this long
            raise _too_large()
        try:
            raw = base64.b64decode(self.body, validate=True) if self.body_is_base64 else self.body.encode()
            if len(raw) > MAX_BODY_BYTES:
                raise _too_large()
            return raw.decode()
        except (binascii.Error, UnicodeError, ValueError):
            raise bad_request("malformed_json", "The body is not UTF-8 text.", "Send UTF-8.") from None

    def only_queries(self, allowed: Iterable[str]) -> None:
        """Refuses, with a 400, a query parameter that is not among the allowed ones."""
        names = list(allowed)
        unknown = next((name for name in self.query if name not in names), None)
        if unknown is not None:
            hint = f"Allowed here: {', '.join(names)}." if names else "This route takes no query parameters."
            raise bad_request("unknown_parameter", f"There is no query parameter {shown(unknown)} here.", hint)

    def text(self, name: str) -> str | None:
        """Gives the value of a parameter that may be given once; None when absent."""
        values = self.query.get(name, ())
        if len(values) > 1:
            raise bad_request("repeated_parameter", f"`{name}` is given more than once.", "Give it once.")
        return values[0] if values else None

    def integer(self, name: str, *, default: int, lowest: int, highest: int) -> int:
        """Reads a parameter as a whole number within bounds."""
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch("[0-9]{1,6}", value) or not lowest <= int(value) <= highest:
            raise bad_request(
                "invalid_parameter",
                f"`{name}` is not a whole number from {lowest} to {highest}.",
                f"Try {name}={default}.",
            )
        return int(value)


def request_from_event(event: Any) -> Request:
    """Reads an API Gateway event (REST, payload 1.0).

    A REST API hands path parameters over percent-encoded. HTTP APIs, whose events have `version`, decode the path, and
    so does the local emulator, which has it too; the id is then cut from `path`, as the emulator drops empty parts.
    Decoding once more than needed would do no harm: no id that is accepted changes by it.
    Sources: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration"; live captures in
    github.com/middleapi/standard-server/pull/93; github.com/serverless/serverless/issues/5037.
    """
    if not isinstance(event, dict):
        raise bad_request("invalid_event", "This is not an API Gateway event.", "Call the API by HTTP.")
    decoded = "version" in event
    path = str(event.get("path") or "")
    parameters = event.get("pathParameters")
    path_id, unknown = (parameters.get("id"), parameters.get("proxy")) if isinstance(parameters, dict) else (None, None)
    resource = str(event.get("resource")).replace("{id+}", "{id}")
    route: str | None
    found_id: Any = ""
    if resource == ITEMS and path.endswith("/"):  # an empty id, which gateways take for no id at all
        route = ITEM
    elif resource in (ITEMS, SEARCH, DOCUMENT) or (resource == ITEM and isinstance(path_id, str) and not decoded):
        route, found_id = resource, path_id
    elif resource == UNKNOWN and isinstance(unknown, str) and not decoded:  # unlike `path`, without a base path
        route, found_id = _route_of(f"/{unknown}")
    else:
        route, found_id = _route_of(path)
    return Request(
        method=str(event.get("httpMethod")),
        route=route,
        path_id=found_id if isinstance(found_id, str) else "",
        path_is_decoded=decoded,
        query=_query(event),
        headers=_headers(event),
        body=_string(event.get("body")),
        body_is_base64=event.get("isBase64Encoded") is True,
    )


def _route_of(path: str) -> tuple[str | None, str]:
    if path in (ITEMS, SEARCH, DOCUMENT):
        return path, ""
    if path.startswith(ITEMS + "/"):
        return ITEM, path.removeprefix(ITEMS + "/")
    return None, ""


def _query(event: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    many = event.get("multiValueQueryStringParameters")
    single = event.get("queryStringParameters")
    query: dict[str, tuple[str, ...]] = {}
    for name, values in (many or single or {}).items() if isinstance(many or single or {}, dict) else ():
        listed = tuple(map(_string, values)) if isinstance(values, list) else (_string(values),)
        if not all(map(encodable, (name, *listed))):
            raise bad_request(
                "invalid_parameter", "A query parameter is not UTF-8 text.", "Percent-encode UTF-8 bytes."
            )
        query[name] = listed
    return query


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = event.get("headers")
    if not isinstance(headers, dict):
        return {}
    return {str(name).lower(): _string(value) for name, value in headers.items()}


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _too_large() -> Problem:
    hint = "Split it, or store large parts in S3 and keep their keys here."
    return Problem(413, "body_too_large", "The body is larger than 64 KB.", hint)
