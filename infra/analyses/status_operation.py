"""Describes `GET /analyses/{id}`. A test feeds it with answers of images/scilearn in every state."""

from __future__ import annotations

from typing import Any

from infra.base.operation import Answer, Operation

_TEXT, _TIME = {"type": "string"}, {"type": "string", "description": "ISO 8601, UTC."}
_BY_STATE = {
    "queued": (),
    "running": ("started_at", "tries"),
    "succeeded": ("started_at", "settled_at", "expires_at", "usage", "analysis", "links", "links_end_at"),
    "failed": ("started_at", "reason"),
}
_MEMBERS: dict[str, Any] = {
    "request_id": _TEXT,
    "accepted_at": _TIME,
    "state": {"enum": list(_BY_STATE)},
    "started_at": _TIME,
    "tries": {"type": "integer", "minimum": 1},
    "settled_at": _TIME,
    "expires_at": _TIME,
    "usage": {"type": "object", "description": "Seconds, memory, rows."},
    "analysis": _TEXT,
    "links": {"type": "object", "additionalProperties": _TEXT, "description": "Names of files, each with its URL."},
    "links_end_at": _TIME,
    "result": {"type": "object", "description": "The result itself, where it is small."},
    "reason": {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": _TEXT, "message": _TEXT},
        "additionalProperties": False,
    },
}
_SCHEMA = {
    "type": "object",
    "required": ["request_id", "accepted_at", "state"],
    "properties": _MEMBERS,
    "oneOf": [
        {"properties": {"state": {"const": state}}, "required": ["state", *members]}
        for state, members in _BY_STATE.items()
    ],
    "additionalProperties": False,
}
STATUS = Operation(
    name="readAnalysisStatus",
    what="Says what became of an analysis, with links to its results.",
    answers=(Answer(status=200, what="The status.", schema=_SCHEMA),),
    codes={
        400: ("invalid_id",),
        404: ("unknown_or_expired",),
        500: ("internal_error",),
        503: ("status_unavailable",),
    },
)
