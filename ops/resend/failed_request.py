"""Reads a failed request out of a message of the failure destination, or of the dead-letter queue of requests.

Lambda's record of an asynchronous invocation:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scilearn.errors import PoisonMessageError
from scilearn.pipe_event import message_of

NOT_HANDED_OVER = "not_handed_over"
CONDITIONS = {"EventAgeExceeded": "event_age_exceeded", "ZeroReservedConcurrency": "zero_concurrency"}
"""Why Lambda gave a request up, where its function is not to blame."""
POISON = "poison_message"
STOPPED = "stopped"
_CODE = re.compile(r"(?:[0-9]{13}-\S+: )?([a-z][a-z0-9_]*): ")


class FailurePlace(StrEnum):
    """Where it waits."""

    DESTINATION = "failure_destination"
    NOT_HANDED_OVER = "dead_letter_queue"


@dataclass(frozen=True, kw_only=True)
class FailedRequest:
    """`name` is the message's id in its queue, `invocation_id` the invocation that Lambda gave up, if there was one.

    `request_id` is None for a message that names no request: nothing to settle, nothing to send again. `content` is the
    message to the service, None where it is not JSON. `resend` is its own number.
    """

    place: FailurePlace
    name: str
    reason: str
    request_id: str | None
    invocation_id: str | None
    resend: int
    content: Mapping[str, Any] | None


def read_failure(place: FailurePlace, name: str, text: str) -> FailedRequest | None:
    """Reads one message. Returns None for what neither Lambda nor the API wrote: it isn't ours to touch."""
    if place is FailurePlace.NOT_HANDED_OVER:
        return _of_body(place, name, text, NOT_HANDED_OVER, None)
    record = _object(text)
    context = record.get("requestContext") if record else None
    payload = record.get("requestPayload") if record else None
    if record is None or not isinstance(context, dict) or not isinstance(payload, list) or not payload:
        return None
    body = payload[0].get("body") if isinstance(payload[0], dict) else None
    reason = _reason(context, record.get("responsePayload"))
    invocation_id = context.get("requestId")
    return _of_body(place, name, body, reason, invocation_id if isinstance(invocation_id, str) else None)


def _of_body(place: FailurePlace, name: str, body: object, reason: str, invocation_id: str | None) -> FailedRequest:
    try:
        message = message_of([{"body": body}])
    except PoisonMessageError:
        return FailedRequest(
            place=place,
            name=name,
            reason=POISON,
            request_id=None,
            invocation_id=invocation_id,
            resend=0,
            content=None,
        )
    return FailedRequest(
        place=place,
        name=name,
        reason=reason,
        request_id=message.request_id,
        invocation_id=invocation_id,
        resend=message.resend,
        content=_object(str(body)) if message.readable else None,
    )


def _reason(context: Mapping[str, Any], answer: object) -> str:
    """Gives the service's code; where it ended without one, what Lambda says."""
    if given_up := CONDITIONS.get(str(context.get("condition"))):
        return given_up
    kind, text = (answer.get("errorType"), answer.get("errorMessage")) if isinstance(answer, dict) else (None, None)
    found = _CODE.match(text) if kind in ("AnalysisFailedError", "TransientError") and isinstance(text, str) else None
    return found[1] if found else STOPPED


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
