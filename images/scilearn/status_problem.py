"""The status function's own answers other than 200."""

from lambda_kit.problem import Problem


def not_found() -> Problem:
    """404: never there, or expired; which of the two can't be known."""
    hint = "Results are kept for a limited time: send the request again if it was yours."
    return Problem(404, "unknown_or_expired", "There is no analysis with this id, or it has expired.", hint)


def unavailable() -> Problem:
    """503: the same request may work later."""
    hint = "Nothing is wrong with the request: send it again in a moment."
    return Problem(503, "status_unavailable", "The status can't be read right now.", hint)
