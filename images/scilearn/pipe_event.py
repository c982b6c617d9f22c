"""The event of an EventBridge pipe with an SQS source and this function as its target, as one checked message.

A pipe hands a Lambda target its batch as a JSON array of SQS records, also when the batch size is 1 (EventBridge User
Guide, "Pipes batching and concurrency"); a record has `messageId, receiptHandle, body, attributes, messageAttributes,
md5OfBody, eventSource, eventSourceARN, awsRegion` (same guide, "Amazon SQS as a source"). One record an invocation, so
that Lambda's retries and destinations act on one request.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from scilearn.errors import PoisonMessageError
from scilearn.request_id import accepted_at_milliseconds, is_request_id

_START = re.compile(r'\s*\{\s*"request_id"\s*:\s*"([^"\\]{1,80})"')
MAX_RESENDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Message:
    """A request to analyse. `request` is anything: its schema is checked later, when a failure can be settled.

    `resend` counts how often an operator sent it again: a failed request runs only for a higher number than it had.
    """

    request_id: str
    accepted_at_milliseconds: int
    request: Any
    resend: int
    readable: bool = True


def message_of(event: Any) -> Message:
    """Checks the message of a pipe's batch of one. Raises PoisonMessageError when there is no request id to settle."""
    if not isinstance(event, list) or len(event) != 1:
        raise PoisonMessageError("The event is not a batch of one SQS record: set the pipe's batch size to 1.")
    body = event[0].get("body") if isinstance(event[0], dict) else None
    if not isinstance(body, str):
        raise PoisonMessageError("The record has no body: the pipe's source is not an SQS queue.")
    try:
        content = json.loads(body, parse_constant=_not_json)
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair is no text and can't be stored
    except (ValueError, RecursionError):
        return _unreadable(body)
    if not isinstance(content, dict) or not is_request_id(content.get("request_id")):
        raise PoisonMessageError("The body has no valid `request_id`: it did not come through the API.")
    resend = content.get("resend", 0)
    if type(resend) is not int or not 0 <= resend <= MAX_RESENDS:
        raise PoisonMessageError("`resend` is not a whole number from 0: send the message again by `ops resend`.")
    request_id = content["request_id"]
    return Message(
        request_id=request_id,
        accepted_at_milliseconds=accepted_at_milliseconds(request_id),
        request=content.get("request"),
        resend=resend,
    )


def _unreadable(body: str) -> Message:
    """Reads the id of a body that is no JSON: the API's template wrote it at the start, so it can be settled."""
    start = _START.match(body)
    if start is None or not is_request_id(start[1]):
        raise PoisonMessageError("The body is not JSON, or not text.")
    accepted = accepted_at_milliseconds(start[1])
    return Message(request_id=start[1], accepted_at_milliseconds=accepted, request=None, resend=0, readable=False)


def _not_json(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
