"""ApiAsyncRoutes: requests go from the API into a queue with no function between, and their status comes from one.

POST answers as soon as the queue has the message. The gateway makes the request's id of its own time and its own
extended request id, which no client can choose, and tells it twice, in the message and in the answer.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.api.queue_answers import ANSWERS, QueueAnswer, accepted_template, message_template
from infra.api.routes import VALIDATION, authorization_of

# A body of another type would be passed on without validation; so it is refused with 415:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
_TO_QUEUE: dict[str, Any] = {
    "type": "AWS",
    "integration_http_method": "POST",
    "passthrough_behavior": "NEVER",
    "request_parameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
    "request_templates": {"application/json": message_template()},
}
_TO_FUNCTION: dict[str, Any] = {"type": "AWS_PROXY", "integration_http_method": "POST"}


@dataclass(frozen=True, kw_only=True)
class AsyncRoutes:
    """What an asynchronous service offers by the API: `POST /path` and `GET /path/{id}`.

    The schema is JSON Schema draft 4. The sender's role may send to the queue; the status function answers everything
    that is not the POST.
    """

    path: str
    model: str
    schema: Mapping[str, Any]
    queue_arn: pulumi.Input[str]
    sender_role_arn: pulumi.Input[str]
    status_function_name: pulumi.Input[str]
    status_invoke_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class ApiAsyncRoutesArgs:
    """The API that serves them, its one stage, and how callers prove who they are, as on every other path."""

    routes: AsyncRoutes
    rest_api_id: pulumi.Input[str]
    root_resource_id: pulumi.Input[str]
    execution_arn: pulumi.Input[str]
    stage_name: str
    validator_id: pulumi.Input[str]
    authorization: str


class ApiAsyncRoutes(pulumi.ComponentResource):
    """Two paths, four methods."""

    served: Sequence[pulumi.Resource]
    """For the deployment's `depends_on`."""
    fingerprint: pulumi.Output[str]
    """Changes when paths, model, templates, answers, queue or function do."""

    def __init__(self, name: str, args: ApiAsyncRoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ApiAsyncRoutes", name, {}, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        routes = args.routes
        collection = self._path("collection", args.root_resource_id, routes.path)
        one = self._path("one", collection.id, "{id}")
        model = aws.apigateway.Model(
            f"{name}-model",
            rest_api=args.rest_api_id,
            name=routes.model,
            content_type="application/json",
            schema=json.dumps(routes.schema),
            opts=self._child,
        )
        to_queue = self._post(collection, model)
        self.served = [
            model,
            *to_queue,
            self._to_function("any-collection", collection, "ANY", {}),
            *(self._to_function(f"{method.lower()}-one", one, method, _ID) for method in ("GET", "ANY")),
        ]
        aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=routes.status_function_name,
            principal="apigateway.amazonaws.com",
            # Any method of these two paths, in this API's one stage.
            source_arn=pulumi.Output.concat(args.execution_arn, "/", args.stage_name, "/*/", routes.path, "*"),
            opts=self._child,
        )
        self.fingerprint = pulumi.Output.all(
            queue=routes.queue_arn, role=routes.sender_role_arn, function=routes.status_invoke_arn
        ).apply(lambda targets: _fingerprint(args, targets))
        self.register_outputs({"fingerprint": self.fingerprint})

    def _path(self, suffix: str, parent_id: pulumi.Input[str], part: str) -> aws.apigateway.Resource:
        return aws.apigateway.Resource(
            f"{self._name}-{suffix}",
            rest_api=self._args.rest_api_id,
            parent_id=parent_id,
            path_part=part,
            opts=self._child,
        )

    def _method(self, suffix: str, path: aws.apigateway.Resource, method: str, **more: Any) -> aws.apigateway.Method:
        return aws.apigateway.Method(
            f"{self._name}-{suffix}",
            rest_api=self._args.rest_api_id,
            resource_id=path.id,
            http_method=method,
            request_validator_id=self._args.validator_id,
            opts=self._child,
            **authorization_of(self._args.authorization),
            **more,
        )

    def _to_function(
        self, suffix: str, path: aws.apigateway.Resource, method: str, parameters: dict[str, bool]
    ) -> pulumi.Resource:
        made = self._method(suffix, path, method, request_models={}, request_parameters=parameters)
        return aws.apigateway.Integration(
            f"{self._name}-{suffix}-integration",
            rest_api=self._args.rest_api_id,
            resource_id=path.id,
            http_method=made.http_method,
            uri=self._args.routes.status_invoke_arn,
            opts=self._child,
            **_TO_FUNCTION,
        )

    def _post(self, path: aws.apigateway.Resource, model: aws.apigateway.Model) -> list[pulumi.Resource]:
        made = self._method(
            "post", path, "POST", request_models={"application/json": model.name}, request_parameters={}
        )
        integration = aws.apigateway.Integration(
            f"{self._name}-post-integration",
            rest_api=self._args.rest_api_id,
            resource_id=path.id,
            http_method=made.http_method,
            uri=pulumi.Output.from_input(self._args.routes.queue_arn).apply(_queue_uri),
            credentials=self._args.routes.sender_role_arn,
            opts=self._child,
            **_TO_QUEUE,
        )
        return [integration, *(self._answer(path, made, integration, answer) for answer in ANSWERS)]

    def _answer(
        self,
        path: aws.apigateway.Resource,
        method: aws.apigateway.Method,
        integration: aws.apigateway.Integration,
        answer: QueueAnswer,
    ) -> pulumi.Resource:
        declared = aws.apigateway.MethodResponse(
            f"{self._name}-{answer.status}",
            rest_api=self._args.rest_api_id,
            resource_id=path.id,
            http_method=method.http_method,
            status_code=answer.status,
            response_parameters={f"method.response.header.{header}": False for header in answer.declared_headers},
            opts=self._child,
        )
        template = answer.error or accepted_template(self._args.routes.path)
        return aws.apigateway.IntegrationResponse(
            f"{self._name}-{answer.status}-integration",
            rest_api=self._args.rest_api_id,
            resource_id=path.id,
            http_method=method.http_method,
            status_code=declared.status_code,
            selection_pattern=answer.pattern,
            response_parameters={
                f"method.response.header.{header}": f"'{value}'" for header, value in answer.headers.items()
            },
            response_templates={"application/json": template},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[integration]),
        )


_ID = {"method.request.path.id": True}


def _queue_uri(queue_arn: str) -> str:
    """The queue as an integration's target: the path of its URL, in the region where it is."""
    _, partition, _, region, account, name = queue_arn.split(":")
    return f"arn:{partition}:apigateway:{region}:sqs:path/{account}/{name}"


def _fingerprint(args: ApiAsyncRoutesArgs, targets: Mapping[str, str]) -> str:
    served = {
        "path": args.routes.path,
        "model": [args.routes.model, args.routes.schema],
        "authorization": args.authorization,
        "validation": VALIDATION,
        "to_queue": _TO_QUEUE,
        "to_function": _TO_FUNCTION,
        "answers": [asdict(answer) for answer in ANSWERS],
        "accepted": accepted_template(args.routes.path),
        "targets": dict(targets),
    }
    return hashlib.sha256(json.dumps(served, sort_keys=True).encode()).hexdigest()
