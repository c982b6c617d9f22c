"""What must hold for the API: everything is answered, authorised, deployed and logged without content."""

from __future__ import annotations

import json
import re

from tests.infra import resource_types as types
from tests.infra.api.described import described_operations, document_of, served_operations
from tests.infra.cloud.read_back import STATUS_CODES
from tests.infra.deployment import Deployment

STATUS_OF_REFUSALS = {**STATUS_CODES, "DEFAULT_4XX": None, "DEFAULT_5XX": None}


def apis_ring_when_they_fail(graph: Deployment) -> list[str]:
    """One alarm on 5xx for each stage."""
    watched = [
        entry.inputs["dimensions"] for entry in graph.all(types.ALARM) if entry.inputs.get("metricName") == "5XXError"
    ]
    return [
        f"{entry.name} fails in silence"
        for entry in graph.all(types.STAGE)
        if entry.inputs["stageName"] not in [dimensions.get("Stage") for dimensions in watched]
    ]


def deployments_hold_what_is_served(graph: Deployment) -> list[str]:
    """A deployment waits for every method, integration and refusal, and is made again when they change."""
    found = []
    for entry in graph.all(types.DEPLOYMENT):
        upstream = graph.upstream(entry)
        found += [
            f"{entry.name} doesn't wait for {part.name}"
            for type_ in (
                types.METHOD,
                types.METHOD_RESPONSE,
                types.INTEGRATION,
                types.INTEGRATION_RESPONSE,
                types.MODEL,
                types.REFUSAL,
            )
            for part in graph.all(type_)
            if part.urn not in upstream
        ]
        found += [
            f"{entry.name} isn't made again when {what} change"
            for what in ("routes", "refusals")
            if not entry.inputs.get("triggers", {}).get(what)
        ]
    return found


def no_path_is_left_to_the_gateway(graph: Deployment) -> list[str]:
    """Each path takes every method, and there is one for all other paths: the function's 404 and 405 have hints."""
    paths = {f"{entry.name}-id" for entry in graph.all(types.API_PATH)} | {"root"}  # ids as cloud_answers.py gives them
    caught = {entry.inputs["resourceId"] for entry in graph.all(types.METHOD) if entry.inputs["httpMethod"] == "ANY"}
    found = [f"{path} leaves methods to the gateway" for path in sorted(paths - caught)]
    if not any(entry.inputs["pathPart"] == "{proxy+}" for entry in graph.all(types.API_PATH)):
        found.append("unknown paths are left to the gateway")
    return found


def refusals_speak_the_apis_json(graph: Deployment) -> list[str]:
    """The gateway's own answers: code, message and hint, with a fallback for each class of status."""
    found = []
    for entry in graph.all(types.REFUSAL):
        rendered = entry.inputs["responseTemplates"]["application/json"]
        try:
            error = json.loads(rendered.replace("$context.error.messageString", '"m"'))["error"]
        except ValueError:
            found.append(f"{entry.name} is no JSON")
            continue
        if set('"\\$') & set(error.get("hint", "")):
            found.append(f"{entry.name} has a hint that the gateway's template could change")
        if not error.get("code") or error.get("message") != "m" or not error.get("hint"):
            found.append(f"{entry.name} lacks code, message or hint")
    needed = {"DEFAULT_4XX", "DEFAULT_5XX"} - {entry.inputs["responseType"] for entry in graph.all(types.REFUSAL)}
    return found + [f"{type_} has AWS's own text" for type_ in sorted(needed)]


def refusals_have_awss_status_in_writing(graph: Deployment) -> list[str]:
    """Left out, every update would change them back; the two without a default would get one that AWS doesn't give.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    found = []
    for entry in graph.all(types.REFUSAL):
        wanted = STATUS_OF_REFUSALS[entry.inputs["responseType"]]
        if entry.inputs.get("statusCode") != wanted:
            found.append(f"{entry.name} answers {entry.inputs.get('statusCode')}, AWS's default is {wanted}")
    return found


def every_method_is_authorised(graph: Deployment) -> list[str]:
    """Signed, or with a key."""
    return [
        f"{entry.name} is open to everybody"
        for entry in graph.all(types.METHOD)
        if entry.inputs.get("authorization") != "AWS_IAM" and entry.inputs.get("apiKeyRequired") is not True
    ]


def api_logs_hold_no_content(graph: Deployment) -> list[str]:
    """No execution log, no data trace, no path or query string in the access log; throttled."""
    found = []
    for entry in graph.all(types.METHOD_SETTINGS):
        settings = entry.inputs["settings"]
        if settings.get("dataTraceEnabled") is not False or settings.get("loggingLevel") != "OFF":
            found.append(f"{entry.name} logs requests")
        if not settings.get("throttlingRateLimit", -1) > 0 or not settings.get("throttlingBurstLimit", -1) > 0:
            found.append(f"{entry.name} doesn't throttle")
    for entry in graph.all(types.STAGE):
        log = entry.inputs.get("accessLogSettings", {}).get("format", "")
        if not log or re.search(r"\$context\.(path|identity\.sourceIp|requestOverride)\b|\$input|querystring", log):
            found.append(f"{entry.name} has no access log, or one with content")
    return found


def the_document_says_what_is_served(graph: Deployment) -> list[str]:
    """Each method of each path is in the OpenAPI document, nothing else is, and it says how callers are let in."""
    document = document_of(graph)
    served, described = served_operations(graph), described_operations(document)
    found = [f"{method} {path} is not described" for path, method in sorted(served - described)]
    found += [f"{method} {path} is described and not served" for path, method in sorted(described - served)]
    with_key = document["components"]["securitySchemes"]["caller"]["name"] == "x-api-key"
    found += [
        f"{entry.name} lets callers in otherwise than the document says"
        for entry in graph.all(types.METHOD)
        if entry.inputs.get("apiKeyRequired") is not with_key or document["security"] != [{"caller": []}]
    ]
    return found


RULES = (
    apis_ring_when_they_fail,
    deployments_hold_what_is_served,
    no_path_is_left_to_the_gateway,
    refusals_speak_the_apis_json,
    refusals_have_awss_status_in_writing,
    every_method_is_authorised,
    api_logs_hold_no_content,
    the_document_says_what_is_served,
)
