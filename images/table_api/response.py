"""Proxy responses: status, JSON body, headers."""

from dataclasses import dataclass, field
from typing import Any

from table_api.item_json import dump


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer whose body is JSON bytes already, or empty."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def to_proxy(self) -> dict[str, Any]:
        """Gives what API Gateway's proxy integration takes."""
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.body:
            headers["Content-Type"] = "application/json"
        return {"statusCode": self.status, "headers": headers, "body": self.body.decode(), "isBase64Encoded": False}


def json_response(status: int, value: Any, headers: dict[str, str] | None = None) -> Response:
    """Makes a response from JSON values; numbers may be `NumberText`."""
    return Response(status=status, body=dump(value), headers=headers or {})
