"""Renders what `POST` into a queue sends and answers: the message for SQS, and SQS's answer in the API's JSON.

Templates are Velocity. Nothing in them is quoted inside a quoted string: the message's own punctuation stands there
percent-encoded already, so only what comes from outside is encoded by the gateway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

# Braces, because Velocity counts the hyphen as part of a name. The extended id may hold `=`.
_TIME, _EXTENDED_ID = "${context.requestTimeEpoch}", "${context.extendedRequestId}"
_ENCODED_ID = f"{_TIME}-$util.urlEncode($context.extendedRequestId)"
_TOO_LARGE = "The queue does not take this request: it is too long, or holds characters that are no text."
_UNAVAILABLE = "The queue did not take the request."
# Without quotes, dollars and number signs, which would mean something to the template.
_SHORTER = "Send at most 90 KB of UTF-8 text; put larger inputs into S3 and name the object."
_LATER = "Nothing is wrong with the request: send it again in a moment. If it stays, give the operator the request id."


@dataclass(frozen=True, kw_only=True)
class QueueAnswer:
    """One answer by SQS's status, a regular expression; no pattern is the default, for all that no other matches.

    `error` is the body, None that of an accepted request. `declared_headers` are those that may be sent.
    https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html
    """

    status: str
    pattern: str | None
    error: str | None
    headers: Mapping[str, str]

    @property
    def declared_headers(self) -> list[str]:
        """`Location` is set by the template, the others are constants."""
        return [*self.headers, *([] if self.error else ["Location"])]


def _error(code: str, message: str, hint: str, *, with_id: bool = False) -> str:
    """The same shape as the gateway's own refusals have."""
    known = f'"code":{json.dumps(code)},"message":{json.dumps(message)},"hint":{json.dumps(hint)}'
    request_id = ',"request_id":"$context.requestId"' if with_id else ""
    return f'{{"error":{{{known}{request_id}}}}}'


ANSWERS = (
    QueueAnswer(status="202", pattern="200", error=None, headers={"Cache-Control": "no-store"}),
    # SQS's 400: InvalidParameterValue (too long), InvalidMessageContents.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    QueueAnswer(
        status="413",
        pattern="400",
        error=_error("body_too_large", _TOO_LARGE, _SHORTER),
        headers={"Cache-Control": "no-store"},
    ),
    QueueAnswer(
        status="503",
        pattern=None,
        error=_error("queue_unavailable", _UNAVAILABLE, _LATER, with_id=True),
        headers={"Cache-Control": "no-store", "Retry-After": "5"},
    ),
)


def message_template() -> str:
    """SQS's query form of SendMessage: `{"request_id", "accepted_at" (ms), "request": the body}` as the message."""
    beginning, middle, end = (quote(text, safe="") for text in ('{"request_id":"', '","accepted_at":', ',"request":'))
    body = f"{beginning}{_ENCODED_ID}{middle}{_TIME}{end}$util.urlEncode($input.json('$')){quote('}')}"
    return f"Action=SendMessage&MessageBody={body}"


def accepted_template(path: str) -> str:
    """`{"request_id", "status": path below the stage}`, and `Location` with the stage.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """
    place = f"/{path}/{_TIME}-{_EXTENDED_ID}"
    location = f'#set($context.responseOverride.header.Location = "/${{context.stage}}{place}")'
    return f'{location}\n{{"request_id":"{_TIME}-{_EXTENDED_ID}","status":"{place}"}}'
