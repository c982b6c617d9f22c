"""What can go wrong, as one exception that knows its HTTP answer.

Problem ─┬─ bad input: 4xx, names what to change
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
        """`{"error": {"code", "message", "hint"}}`; a 5xx also tells the request id, to find its log line."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.status >= 500:
            error["request_id"] = request_id
        return {"error": error}


def bad_request(code: str, message: str, hint: str) -> Problem:
    """400: the caller must change the request."""
    return Problem(400, code, message, hint)


def unavailable(code: str, message: str, cause: str) -> Problem:
    """503: nothing is wrong with the request; the same one may work later."""
    hint = (
        "Nothing is wrong with the request: send it again in a moment. If it stays, give the operator the request id."
    )
    return Problem(503, code, message, hint, headers={"Retry-After": "5"}, cause=cause)


def throttled(cause: str) -> Problem:
    """429: the table or the index has no capacity left right now."""
    return Problem(
        429,
        "throttled",
        "Too many requests at this moment.",
        "Wait a second and send the request again, then twice as long after each further refusal.",
        headers={"Retry-After": "1"},
        cause=cause,
    )


def internal(cause: str) -> Problem:
    """500: our own mistake or a wrong deployment."""
    return Problem(
        500,
        "internal_error",
        "The request could not be handled.",
        "Give the operator the request id: the log line with it says why.",
        cause=cause,
    )


def shown(text: str) -> str:
    """A caller's text made safe to repeat in a message: ASCII, quoted, at most 60 characters of it."""
    return ascii(text if len(text) <= 60 else text[:60] + "...")
