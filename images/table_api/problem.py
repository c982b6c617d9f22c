"""The API's answers when the table or the index can't do its part, and how a caller's text is quoted."""

from lambda_kit.problem import Problem


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


def shown(text: str) -> str:
    """Makes a caller's text safe to repeat in a message: ASCII, quoted, at most 60 characters of it."""
    return ascii(text if len(text) <= 60 else text[:60] + "...")
