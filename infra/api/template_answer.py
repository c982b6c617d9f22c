"""Declares one answer of a method whose integration is a template: what the gateway says, with which headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws


def answer_by_template(
    name: str,
    method: aws.apigateway.Method,
    integration: aws.apigateway.Integration,
    *,
    status: str,
    template: str,
    headers: Mapping[str, str],
    declared_headers: Iterable[str],
    child: pulumi.ResourceOptions,
    pattern: str | None = None,
) -> pulumi.Resource:
    """`declared_headers` holds those that the template itself sets, too. Without a pattern it is the one answer.

    Returns what a deployment waits for.
    """
    place: dict[str, Any] = {
        "rest_api": method.rest_api,
        "resource_id": method.resource_id,
        "http_method": method.http_method,
    }
    declared = aws.apigateway.MethodResponse(
        f"{name}-{status}",
        status_code=status,
        response_parameters={f"method.response.header.{header}": False for header in declared_headers},
        opts=child,
        **place,
    )
    return aws.apigateway.IntegrationResponse(
        f"{name}-{status}-integration",
        status_code=declared.status_code,
        selection_pattern=pattern,
        response_parameters={f"method.response.header.{header}": f"'{value}'" for header, value in headers.items()},
        response_templates={"application/json": template},
        opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[integration])),
        **place,
    )
