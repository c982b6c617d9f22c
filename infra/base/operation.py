"""Describes what a method of a path takes and answers, for the API's OpenAPI document and its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Codes = Mapping[int, Sequence[str]]
"""Codes of errors by the status that they come with."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer other than an error. The schema is JSON Schema 2020-12, None for an empty body."""

    status: int
    what: str
    schema: Mapping[str, Any] | None = None
    headers: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path; `name` is its operationId. The gateway's own refusals aren't among `codes`.

    `query` are OpenAPI parameters without `in`. `body` is a JSON Schema, None where no body is read.
    """

    name: str
    what: str
    answers: Sequence[Answer]
    codes: Codes
    query: Sequence[Mapping[str, Any]] = ()
    body: Mapping[str, Any] | None = None


def merged(*parts: Codes) -> Codes:
    """Merges codes by their status, each once and in order."""
    statuses = sorted({status for part in parts for status in part})
    return {
        status: tuple(dict.fromkeys(code for part in parts for code in part.get(status, ()))) for status in statuses
    }
