"""What can go wrong with a status request, in the JSON of the other API: `{"error": {"code", "message", "hint"}}`."""


class StatusProblem(Exception):
    """An answer other than 200. A 5xx also tells the request id, to find its log line."""

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint

    def body(self, invocation_id: str) -> dict[str, dict[str, str]]:
        """The JSON body."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.status >= 500:
            error["request_id"] = invocation_id
        return {"error": error}


def bad_request(code: str, message: str, hint: str) -> StatusProblem:
    """400: the caller must change the request."""
    return StatusProblem(400, code, message, hint)


def not_found() -> StatusProblem:
    """404: never there, or expired; which of the two can't be told."""
    hint = "Results are kept for a limited time: send the request again if it was yours."
    return StatusProblem(404, "unknown_or_expired", "There is no analysis with this id, or it has expired.", hint)


def unavailable() -> StatusProblem:
    """503: the same request may work later."""
    hint = "Nothing is wrong with the request: send it again in a moment."
    return StatusProblem(503, "status_unavailable", "The status can't be read right now.", hint)


def internal() -> StatusProblem:
    """500: our own mistake or a wrong deployment."""
    hint = "Give the operator the request id: the log line with it says why."
    return StatusProblem(500, "internal_error", "The request could not be handled.", hint)
