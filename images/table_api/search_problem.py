"""Tells bad input (4xx) from an index that can't answer (503), by the types of an OpenSearch error."""

from typing import Any

from lambda_kit.problem import Problem, bad_request
from table_api.problem import throttled, unavailable

# OpenSearch answers 400 for these too, though the request is right: the index is at fault, not the caller.
_STATE_ERRORS = {"index_closed_exception", "cluster_block_exception", "index_not_found_exception"}
# And sometimes 500 for these, though the request asks too much.
_INPUT_ERRORS = {"too_many_clauses", "too_many_nested_clauses", "query_shard_exception", "number_format_exception"}


def problem_of(status: int | str, info: Any) -> Problem:
    """Gives the answer for an OpenSearch error of this status and body."""
    types = _error_types(info)
    cause = f"opensearch:{status}:{','.join(sorted(types)) or '-'}"
    if types & _STATE_ERRORS or status in (401, 403, 404):
        return down(cause)
    if status == 429:
        return throttled(cause)
    if status in (400, 413) or types & _INPUT_ERRORS:
        problem = bad_request(
            "search_refused",
            "The index can't run this search.",
            "Use fewer words and conditions, and compare each field with values of its own type.",
        )
        problem.cause = cause
        return problem
    return down(cause)


def down(cause: str) -> Problem:
    """503: the index is missing, closed or away."""
    return unavailable("search_unavailable", "The search index is missing or does not answer.", cause)


def _error_types(info: Any) -> set[str]:
    """Finds the types of all errors in an OpenSearch error body; never its reasons, which echo values."""
    types: set[str] = set()
    waiting = [info]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            types |= {part["type"]} if isinstance(part.get("type"), str) else set()
            waiting += [value for value in part.values() if isinstance(value, dict | list)]
        elif isinstance(part, list):
            waiting += part
    return types
