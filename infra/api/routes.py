"""ApiRoutes: the paths and methods of the items and their search, answered by one function, and the API's document.

Every other path leads to the function, so that an unknown one is its 404 and a wrong method its 405, each with a hint;
the gateway's own answer to both would be 403 "Missing Authentication Token". Explicit methods are those whose bodies
are validated or which callers' policies name; ANY "will catch any HTTP method that wasn't explicitly declared":
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-any-method.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from infra.api import item_operations as items
from infra.api.document import served_by_gateway
from infra.base.operation import Answer, Operation


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path; ANY is no operation: it refuses the methods that a path doesn't have."""

    path: Literal["/", "/{proxy+}", "/items", "/items/{id+}", "/search", "/openapi.json"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "ANY"]
    operation: Operation | None = None


DESCRIBE = Operation(
    name="describeApi",
    what="Answers this document: OpenAPI 3.1, of the API as it is deployed.",
    answers=(Answer(status=200, what="The document.", schema={"type": "object"}),),
    codes={},
)


# The function's own table is images/table_api/routes.py; a test compares the two.
# `{id+}` is greedy, since an id may hold slashes. Such a variable may stand below a parent and have explicit methods:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html
ROUTES = (
    Route(path="/items", method="GET", operation=items.LIST),
    Route(path="/items", method="POST", operation=items.CREATE),
    Route(path="/items", method="ANY"),
    Route(path="/items/{id+}", method="GET", operation=items.READ),
    Route(path="/items/{id+}", method="PUT", operation=items.REPLACE),
    Route(path="/items/{id+}", method="PATCH", operation=items.PATCH),
    Route(path="/items/{id+}", method="DELETE", operation=items.DELETE),
    Route(path="/items/{id+}", method="ANY"),
    Route(path="/search", method="GET", operation=items.SEARCH),
    Route(path="/search", method="ANY"),
    Route(path="/openapi.json", method="GET", operation=DESCRIBE),
    Route(path="/openapi.json", method="ANY"),
    Route(path="/", method="ANY"),
    Route(path="/{proxy+}", method="ANY"),
)
VALIDATION: dict[str, Any] = {"validate_request_body": True, "validate_request_parameters": True}
# POST is how Lambda is invoked, whatever the caller's method.
_INTEGRATION: dict[str, Any] = {"type": "AWS_PROXY", "integration_http_method": "POST"}
ITEM_SCHEMA = {"$schema": "http://json-schema.org/draft-04/schema#", "title": "Item", "type": "object"}


class ApiRoutes(pulumi.ComponentResource):
    """What the API serves. A deployment waits for all of it and is made again when any of it changes."""

    served: Sequence[pulumi.Resource]
    """For the deployment's `depends_on`."""
    validator_id: pulumi.Output[str]
    """The API's one validator, for other routes."""
    fingerprint: str
    """Changes when routes, validation, authorization or the document do."""

    def __init__(
        self,
        name: str,
        api: aws.apigateway.RestApi,
        *,
        invoke_arn: pulumi.Input[str],
        authorization: str,
        document: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`invoke_arn` is the function behind it, `authorization` how callers prove who they are.

        `document` is the template that answers the API's own description.
        """
        super().__init__("driftless:index:ApiRoutes", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        collection = _resource(f"{name}-items", api, api.root_resource_id, "items", child)
        resource_ids = {
            "/": api.root_resource_id,
            "/items": collection.id,
            "/items/{id+}": _resource(f"{name}-item", api, collection.id, "{id+}", child).id,
            "/search": _resource(f"{name}-search", api, api.root_resource_id, "search", child).id,
            "/openapi.json": _resource(f"{name}-openapi", api, api.root_resource_id, "openapi.json", child).id,
            "/{proxy+}": _resource(f"{name}-unknown", api, api.root_resource_id, "{proxy+}", child).id,
        }
        # The schema asks for an object and no more: what an item may hold is the function's to say, with a hint.
        item = aws.apigateway.Model(
            f"{name}-item-model",
            rest_api=api.id,
            name="Item",
            content_type="application/json",
            schema=json.dumps(ITEM_SCHEMA),
            opts=child,
        )
        validator = aws.apigateway.RequestValidator(
            f"{name}-validator",
            rest_api=api.id,
            name="body-and-parameters",
            opts=child,
            **VALIDATION,
        )
        answering: list[pulumi.Resource] = []
        for route in ROUTES:
            resource_id = resource_ids[route.path]
            suffix = _suffix(route)
            method = aws.apigateway.Method(
                f"{name}-{suffix}",
                rest_api=api.id,
                resource_id=resource_id,
                request_models={"application/json": item.name} if _has_body(route) else {},
                request_validator_id=validator.id,
                opts=child,
                **_method(route, authorization),
            )
            if route.operation is DESCRIBE:
                answering.append(served_by_gateway(f"{name}-{suffix}", method, document, child))
                continue
            answering.append(
                aws.apigateway.Integration(
                    f"{name}-{suffix}-integration",
                    rest_api=api.id,
                    resource_id=resource_id,
                    http_method=method.http_method,
                    uri=invoke_arn,
                    opts=child,
                    **_INTEGRATION,
                )
            )
        self.served = [item, validator, *answering]
        self.validator_id = validator.id
        self.fingerprint = _fingerprint(authorization, document)
        self.register_outputs({"fingerprint": self.fingerprint})


def _resource(
    name: str, api: aws.apigateway.RestApi, parent_id: pulumi.Input[str], path_part: str, opts: pulumi.ResourceOptions
) -> aws.apigateway.Resource:
    return aws.apigateway.Resource(name, rest_api=api.id, parent_id=parent_id, path_part=path_part, opts=opts)


def _suffix(route: Route) -> str:
    """Returns `get-items-id` for GET /items/{id+}, `any-root` for /."""
    parts = [part.strip("{+}").replace(".", "-") for part in route.path.split("/") if part] or ["root"]
    return "-".join([route.method.lower(), *parts])


def _has_body(route: Route) -> bool:
    return route.operation is not None and route.operation.body is not None


def _method(route: Route, authorization: str) -> dict[str, Any]:
    """Returns what a deployment copies of a method, without ids."""
    return {
        "http_method": route.method,
        **authorization_of(authorization),
        "request_parameters": {"method.request.path.id": True} if "{id+}" in route.path else {},
    }


def authorization_of(authorization: str) -> dict[str, Any]:
    """Returns how a method lets callers in: the same on every path."""
    return {
        "authorization": "AWS_IAM" if authorization == "iam" else "NONE",
        "api_key_required": authorization == "api_key",
    }


def _fingerprint(authorization: str, document: str) -> str:
    methods = [[route.path, _has_body(route), _method(route, authorization)] for route in ROUTES]
    served = {
        "methods": methods,
        "item": ITEM_SCHEMA,
        "validation": VALIDATION,
        "integration": _INTEGRATION,
        "document": document,
    }
    return hashlib.sha256(json.dumps(served, sort_keys=True).encode()).hexdigest()
