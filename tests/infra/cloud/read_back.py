"""What AWS answers when a resource is read, where that isn't what the program gave.

The provider keeps the answer in the state. If the input is neither computed nor has a default in its schema, the next
update takes the answer for a change of somebody else's and undoes it, and so does every later one. Each reading below
is such a case of a type of ours. Inputs that are computed (`Schema.always`) need none: left out, they keep AWS's value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Inputs = Mapping[str, Any]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
STATUS_CODES = {
    "ACCESS_DENIED": "403",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "EXPIRED_TOKEN": "403",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One input that comes back otherwise. `answer` gets all inputs and returns what is read for this one."""

    type: str
    input: str
    source: str
    answer: Callable[[Inputs], Any]


def _status_code(inputs: Inputs) -> Any:
    return inputs.get("statusCode") or STATUS_CODES.get(inputs["responseType"])


def _without_second_expiration(inputs: Inputs) -> Any:
    return [
        {**rule, "expiration": {"days": rule["expiration"]["days"]}} if rule.get("expiration", {}).get("days") else rule
        for rule in inputs["rules"]
    ]


def _without_own_prefix(inputs: Inputs) -> Any:
    return [
        {key: value for key, value in rule.items() if key != "prefix" or "filter" not in rule}
        for rule in inputs["rules"]
    ]


READINGS = (
    Reading(
        type="aws:apigateway/response:Response",
        input="statusCode",
        source="hashicorp/terraform-provider-aws, issue 48260",
        answer=_status_code,
    ),
    Reading(
        type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        input="rules",
        source="pulumi/pulumi-aws, issue 2128: days and expiredObjectDeleteMarker in one expiration",
        answer=_without_second_expiration,
    ),
    Reading(
        type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        input="rules",
        source="hashicorp/terraform-provider-aws, issue 28770: a rule's own prefix beside a filter",
        answer=_without_own_prefix,
    ),
)


def read_back(type_: str, inputs: Inputs) -> dict[str, Any]:
    """Returns the inputs as the provider finds them when it reads the resource."""
    found = {name: _as_stored(value) for name, value in inputs.items()}
    for reading in READINGS:
        if reading.type == type_ and (answer := reading.answer(found)) is not None:
            found[reading.input] = answer
    return found


def _as_stored(value: Any) -> Any:
    """Services keep documents in their own layout: JSON comes back with its keys in another order."""
    document = as_document(value)
    return value if document is None else json.dumps(document, sort_keys=True, indent=1)


def as_document(value: Any) -> Any:
    """Parses a JSON document; None for any other value."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return None
