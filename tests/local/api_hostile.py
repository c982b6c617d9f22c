"""Requests that nobody should send, each with the statuses that are right for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One request, and the code that its refusal has."""

    name: str
    method: str
    path: str
    status: int
    code: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    signed: bool = True


def _body(
    name: str, body: bytes | None, status: int, code: str, content_type: str = "application/json"
) -> list[Hostile]:
    """The same body as a new item and as a replacement."""
    headers = {"Content-Type": content_type}
    return [
        Hostile(
            name=f"{name} by {method}", method=method, path=path, status=status, code=code, body=body, headers=headers
        )
        for method, path in (("POST", "/items"), ("PUT", "/items/kept"), ("PATCH", "/items/kept"))
    ]


def _id(name: str, encoded: str) -> Hostile:
    return Hostile(name=name, method="PUT", path=f"/items/{encoded}", status=400, code="invalid_id", body=b"{}")


def _path(method: str, path: str, status: int, code: str) -> Hostile:
    return Hostile(name=f"{method} {path or 'nothing'}", method=method, path=path, status=status, code=code)


def _unsigned(method: str, path: str) -> Hostile:
    return Hostile(
        name=f"unsigned {method} {path}",
        method=method,
        path=path,
        status=403,
        code="not_authenticated",
        body=b"{}" if method in ("POST", "PUT") else None,
        signed=False,
    )


def _sized(size_bytes: int) -> bytes:
    return b'{"a":"' + b"x" * (size_bytes - 8) + b'"}'


HOSTILE = [
    *_body("half an object", b'{"a": 1', 400, "invalid_body"),
    *_body("an array", b'[{"a": 1}]', 400, "invalid_body"),
    *_body("nothing", None, 400, "invalid_body"),
    *_body("no UTF-8", b'{"a": "\xff"}', 400, "invalid_body"),
    *_body("NaN", b'{"a": NaN}', 400, "invalid_number"),
    *_body("a key twice", b'{"a": 1, "a": 2}', 400, "duplicate_key"),
    *_body("an empty name", b'{"": 1}', 400, "empty_attribute_name"),
    *_body("39 digits", b'{"a": 1' + b"0" * 37 + b"1}", 400, "invalid_number"),
    *_body("half a surrogate pair", b'{"a": "\\ud800"}', 400, "invalid_text"),
    *_body("33 levels", b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}", 400, "nested_too_deep"),
    *_body("65 KB", _sized(65 * 1024), 413, "body_too_large"),
    *_body("300 KB", _sized(300 * 1024), 413, "body_too_large"),
    *_body("a form", b"{}", 415, "unsupported_media_type", content_type="application/x-www-form-urlencoded"),
    *_body("Latin-1", b"{}", 415, "unsupported_media_type", content_type="application/json; charset=latin-1"),
    Hostile(name="10 MB", method="POST", path="/items", status=413, code="body_too_large", body=_sized(10_000_000)),
    Hostile(
        name="an id that is a number", method="POST", path="/items", status=400, code="invalid_id", body=b'{"id":5}'
    ),
    Hostile(name="another id", method="PUT", path="/items/kept", status=400, code="id_mismatch", body=b'{"id":"b"}'),
    Hostile(name="a patch of nothing", method="PATCH", path="/items/kept", status=400, code="empty_patch", body=b"{}"),
    Hostile(name="a known id", method="POST", path="/items", status=409, code="already_exists", body=b'{"id":"kept"}'),
    _id("an empty id", ""),
    _id("two dots", ".."),
    _id("encoded dots", "%2e%2e"),
    _id("dots between encoded slashes", "a%2F..%2Fb"),
    _id("a slash alone", "%2F"),
    _id("a slash at the end", "a%2F"),
    _id("two slashes", "a//b"),
    _id("an escape in an escape", "a%252Fb"),
    _id("a null character", "a%00"),
    _id("a line break", "a%0d%0aX-Evil:%201"),
    _id("bytes that are no UTF-8", "%ff%fe"),
    _id("half a surrogate pair in bytes", "%ED%A0%80"),
    _id("3,000 characters", "x" * 3000),
    _id("1,100 characters of two bytes", "%C3%A9" * 1100),
    _path("GET", "/items/missing", 404, "not_found"),
    _path("DELETE", "/items/missing", 404, "not_found"),
    _path("GET", "/items?foo=1", 400, "unknown_parameter"),
    _path("GET", "/items?limit=1000", 400, "invalid_parameter"),
    _path("GET", "/items?limit=1&limit=2", 400, "repeated_parameter"),
    _path("GET", "/items?next=..%2F", 400, "invalid_cursor"),
    _path("GET", "/items/kept?foo=1", 400, "unknown_parameter"),
    _path("GET", "/search?query=a", 400, "unknown_parameter"),
    _path("GET", "/search?size=-1", 400, "invalid_parameter"),
    _path("GET", "/search?from=9999&size=100", 400, "window_too_large"),
    _path("GET", "/search?where=name", 400, "invalid_condition"),
    _path("GET", "/search?q=" + "x" * 2000, 400, "invalid_parameter"),
    _path("PUT", "/items", 405, "method_not_allowed"),
    _path("DELETE", "/items", 405, "method_not_allowed"),
    _path("POST", "/items/kept", 405, "method_not_allowed"),
    _path("OPTIONS", "/items/kept", 405, "method_not_allowed"),
    _path("POST", "/search", 405, "method_not_allowed"),
    _path("POST", "/openapi.json", 405, "method_not_allowed"),
    _path("GET", "", 404, "unknown_route"),
    _path("GET", "/nothing", 404, "unknown_route"),
    _path("POST", "/itemsx", 404, "unknown_route"),
    _path("GET", "/search/x", 404, "unknown_route"),
    _path("DELETE", "/a/b/c", 404, "unknown_route"),
    _path("GET", "/../items", 404, "unknown_route"),
    _unsigned("GET", "/items"),
    _unsigned("POST", "/items"),
    _unsigned("PUT", "/items/a"),
    _unsigned("DELETE", "/items/kept"),
    _unsigned("GET", "/search"),
    _unsigned("GET", "/openapi.json"),
    _unsigned("GET", "/nothing"),
]
