"""The errors of every API of the stack: an exception that knows its HTTP answer, and the JSON that all of them share.

Problem ─┬─ bad request: 4xx, names what to change
         └─ unavailable / internal: 5xx, the reason goes to the log (`cause`), never to the caller
"""

from collections.abc import Mapping


class Problem(Exception):
    """An answer other than success. `code` is stable and for programs, `message` and `hint` are for people.

    `cause` is written to the log only; it must never hold an item's content or an id.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str,
        *,
        headers: Mapping[str, str] | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})
        self.cause = cause

    def body(self, request_id: str) -> dict[str, dict[str, str]]:
        """Gives `{"error": {"code", "message", "hint"}}`; a 5xx also has the request id, to find its log line."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.status >= 500:
            error["request_id"] = request_id
        return {"error": error}


def bad_request(code: str, message: str, hint: str) -> Problem:
    """400: the caller must change the request."""
    return Problem(400, code, message, hint)


def internal(cause: str) -> Problem:
    """500: our mistake or a wrong deployment."""
    return Problem(
        500,
        "internal_error",
        "The request could not be handled.",
        "Give the operator the request id: the log line with it says why.",
        cause=cause,
    )
