"""Serves the OpenAPI document by the gateway itself, with no function behind: a MOCK integration answers the text.

The function that answers items would have to carry it in its image, which knows neither how callers are let in nor
which services a stack has. A template may have 300 KB, the document has 36:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.api.template_answer import answer_by_template

TEMPLATE_LIMIT_BYTES = 300_000
_MOCK: dict[str, Any] = {
    "type": "MOCK",
    # A body of another type would reach the mock, which reads its status from it; so it is refused with 415.
    "passthrough_behavior": "NEVER",
    "request_templates": {"application/json": '{"statusCode": 200}'},
}


def template(document: Mapping[str, Any]) -> str:
    """Returns the document as a template that renders as itself: Velocity's two signs stand as JSON escapes."""
    text = json.dumps(document, separators=(",", ":"))
    return text.replace("$", "\\u0024").replace("#", "\\u0023")


def served_by_gateway(
    name: str, method: aws.apigateway.Method, body: str, child: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Lets a method answer a template, as JSON. Returns what a deployment waits for."""
    integration = aws.apigateway.Integration(
        f"{name}-integration",
        rest_api=method.rest_api,
        resource_id=method.resource_id,
        http_method=method.http_method,
        opts=child,
        **_MOCK,
    )
    return answer_by_template(
        name,
        method,
        integration,
        status="200",
        template=body,
        headers={"Cache-Control": "no-store"},
        declared_headers=["Cache-Control"],
        child=child,
    )
