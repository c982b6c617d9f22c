"""ApiRefusals: what the gateway answers before any function runs, in the same JSON as the function's answers.

Types, their status codes and what falls back on the two defaults:
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# Quoted and escaped by the gateway, as its own default template `{"message":$context.error.messageString}` relies on.
_MESSAGE = "$context.error.messageString"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One type of gateway response. `status` is AWS's default of the type, and None for the two that have none.

    It is written although it changes nothing: the gateway answers with the default, the provider keeps that in the
    state, and every later update would take it out again (hashicorp/terraform-provider-aws, issue 48260).
    """

    type: str
    status: int | None
    code: str
    hint: str
    retry_after_seconds: int | None = None


# Hints hold no quotes, backslashes or dollars, so that nothing of them can mean something to the gateway's templates.
_SIGN = "Sign the request with AWS Signature Version 4 for the service execute-api, or send your key as x-api-key."
_BODY = (
    "Send one JSON object: names in double quotes, no comma after the last member. An item has at most 64 KB; what "
    "another path takes is in its docs."
)
_CLOCK = "Check the secret key, the region, the clock, and that the path is sent exactly as it was signed."
_LATER = "Nothing is wrong with the request: send it again in a moment. If it stays, give the operator the request id."
REFUSALS = (
    Refusal(type="BAD_REQUEST_BODY", status=400, code="invalid_body", hint=_BODY),
    Refusal(
        type="BAD_REQUEST_PARAMETERS",
        status=400,
        code="invalid_parameter",
        hint="Add the parameters that the message names.",
    ),
    Refusal(type="REQUEST_TOO_LARGE", status=413, code="body_too_large", hint=_BODY),
    Refusal(
        type="UNSUPPORTED_MEDIA_TYPE",
        status=415,
        code="unsupported_media_type",
        hint="Send the body as Content-Type: application/json.",
    ),
    Refusal(type="MISSING_AUTHENTICATION_TOKEN", status=403, code="not_authenticated", hint=_SIGN),
    Refusal(type="UNAUTHORIZED", status=401, code="not_authenticated", hint=_SIGN),
    Refusal(type="INVALID_SIGNATURE", status=403, code="invalid_signature", hint=_CLOCK),
    Refusal(
        type="EXPIRED_TOKEN", status=403, code="expired_token", hint="Get new credentials and sign the request again."
    ),
    Refusal(
        type="INVALID_API_KEY",
        status=403,
        code="invalid_api_key",
        hint="Send a key of this API's usage plan as x-api-key.",
    ),
    Refusal(
        type="ACCESS_DENIED",
        status=403,
        code="access_denied",
        hint="Ask the operator to allow execute-api:Invoke on this method and path of the API.",
    ),
    Refusal(
        type="THROTTLED",
        status=429,
        code="throttled",
        hint="Wait a second and send the request again, then twice as long after each further refusal.",
        retry_after_seconds=1,
    ),
    Refusal(
        type="QUOTA_EXCEEDED",
        status=429,
        code="quota_exceeded",
        hint="Ask the operator for a larger quota of your key.",
    ),
    Refusal(
        type="DEFAULT_4XX",
        status=None,
        code="refused",
        hint="The message says what the gateway did not take; change that.",
    ),
    Refusal(type="DEFAULT_5XX", status=None, code="gateway_error", hint=_LATER, retry_after_seconds=5),
)


class ApiRefusals(pulumi.ComponentResource):
    """A gateway response for every type that a caller can meet; the rest fall back on the two defaults."""

    served: Sequence[pulumi.Resource]
    """For the deployment's `depends_on`: a deployment copies them."""
    fingerprint: str
    """Changes when an answer does."""

    def __init__(self, name: str, api: aws.apigateway.RestApi, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ApiRefusals", name, {}, opts)
        self.served = [
            aws.apigateway.Response(
                f"{name}-{refusal.type.lower().replace('_', '-')}",
                rest_api_id=api.id,
                response_type=refusal.type,
                status_code=_status(refusal),
                response_templates={"application/json": template(refusal)},
                response_parameters=_headers(refusal),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for refusal in REFUSALS
        ]
        self.fingerprint = fingerprint(REFUSALS)
        self.register_outputs({"fingerprint": self.fingerprint})


def template(refusal: Refusal) -> str:
    """The answer's body; the gateway replaces `$context` variables and nothing else. Same shape as the function's."""
    known = f'"code":{json.dumps(refusal.code)},"message":{_MESSAGE},"hint":{json.dumps(refusal.hint)}'
    request_id = ',"request_id":"$context.requestId"' if refusal.type == "DEFAULT_5XX" else ""
    return f'{{"error":{{{known}{request_id}}}}}'


def _status(refusal: Refusal) -> str | None:
    return None if refusal.status is None else str(refusal.status)


def _headers(refusal: Refusal) -> dict[str, str]:
    """Constants stand in single quotes, as the gateway's mapping wants them."""
    headers = {"gatewayresponse.header.Cache-Control": "'no-store'"}
    if refusal.retry_after_seconds is not None:
        headers["gatewayresponse.header.Retry-After"] = f"'{refusal.retry_after_seconds}'"
    return headers


def fingerprint(refusals: Iterable[Refusal]) -> str:
    """A hash of all that the deployment copies of them."""
    served = [
        {"type": each.type, "status": each.status, "body": template(each), "headers": _headers(each)}
        for each in refusals
    ]
    return hashlib.sha256(json.dumps(served, sort_keys=True).encode()).hexdigest()
