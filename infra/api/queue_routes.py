"""ApiQueueRoutes: requests go from the API into a queue with no function between; a function serves their status.

POST answers as soon as the queue has the message. The gateway makes the request's id of its time and its extended
request id, which no client can choose, and puts it into both the message and the answer.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.api.queue_answers import ANSWERS, accepted_template, message_template
from infra.api.routes import VALIDATION, authorization_of
from infra.api.template_answer import answer_by_template
from infra.base.routes import QueueRoutes

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
_ID = {"method.request.path.id": True}


@dataclass(frozen=True, kw_only=True)
class _Door:
    """The API that serves the routes, as each of their resources needs it."""

    name: str
    api: aws.apigateway.RestApi
    validator_id: pulumi.Input[str]
    authorization: str
    child: pulumi.ResourceOptions


class ApiQueueRoutes(pulumi.ComponentResource):
    """Two paths, four methods."""

    served: Sequence[pulumi.Resource]
    """For the deployment's `depends_on`."""
    fingerprint: pulumi.Output[str]
    """Changes when paths, model, templates, answers, queue or function do."""

    def __init__(
        self,
        name: str,
        routes: QueueRoutes,
        api: aws.apigateway.RestApi,
        *,
        stage_name: str,
        validator_id: pulumi.Input[str],
        authorization: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`stage_name` is the API's one stage; callers prove who they are as on every other path."""
        super().__init__("driftless:index:ApiQueueRoutes", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        door = _Door(name=name, api=api, validator_id=validator_id, authorization=authorization, child=child)
        resource = partial(aws.apigateway.Resource, rest_api=api.id, opts=child)
        collection = resource(f"{name}-collection", parent_id=api.root_resource_id, path_part=routes.path)
        one = resource(f"{name}-one", parent_id=collection.id, path_part="{id}")
        model = aws.apigateway.Model(
            f"{name}-model",
            rest_api=api.id,
            name=routes.model,
            content_type="application/json",
            schema=json.dumps(routes.schema),
            opts=child,
        )
        self.served = [
            model,
            *_post(door, routes, collection, model),
            _to_function(door, routes, "any-collection", collection, "ANY", {}),
            *(_to_function(door, routes, f"{method.lower()}-one", one, method, _ID) for method in ("GET", "ANY")),
        ]
        aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=routes.status_function_name,
            principal="apigateway.amazonaws.com",
            # Any method of these two paths, in this API's one stage.
            source_arn=pulumi.Output.concat(api.execution_arn, "/", stage_name, "/*/", routes.path, "*"),
            opts=child,
        )
        self.fingerprint = pulumi.Output.all(
            queue=routes.queue_arn, role=routes.sender_role_arn, function=routes.status_invoke_arn
        ).apply(lambda targets: _fingerprint(routes, authorization, targets))
        self.register_outputs({"fingerprint": self.fingerprint})


def _method(door: _Door, suffix: str, path: aws.apigateway.Resource, method: str, **more: Any) -> aws.apigateway.Method:
    return aws.apigateway.Method(
        f"{door.name}-{suffix}",
        rest_api=door.api.id,
        resource_id=path.id,
        http_method=method,
        request_validator_id=door.validator_id,
        opts=door.child,
        **authorization_of(door.authorization),
        **more,
    )


def _to_function(
    door: _Door,
    routes: QueueRoutes,
    suffix: str,
    path: aws.apigateway.Resource,
    method: str,
    parameters: dict[str, bool],
) -> pulumi.Resource:
    made = _method(door, suffix, path, method, request_models={}, request_parameters=parameters)
    return aws.apigateway.Integration(
        f"{door.name}-{suffix}-integration",
        rest_api=door.api.id,
        resource_id=path.id,
        http_method=made.http_method,
        uri=routes.status_invoke_arn,
        opts=door.child,
        **_TO_FUNCTION,
    )


def _post(
    door: _Door, routes: QueueRoutes, path: aws.apigateway.Resource, model: aws.apigateway.Model
) -> list[pulumi.Resource]:
    models = {"application/json": model.name}
    made = _method(door, "post", path, "POST", request_models=models, request_parameters={})
    integration = aws.apigateway.Integration(
        f"{door.name}-post-integration",
        rest_api=door.api.id,
        resource_id=path.id,
        http_method=made.http_method,
        uri=routes.queue_arn.apply(_queue_uri),
        credentials=routes.sender_role_arn,
        opts=door.child,
        **_TO_QUEUE,
    )
    answers = [
        answer_by_template(
            door.name,
            made,
            integration,
            status=answer.status,
            pattern=answer.pattern,
            template=answer.error or accepted_template(routes.path),
            headers=answer.headers,
            declared_headers=answer.declared_headers,
            child=door.child,
        )
        for answer in ANSWERS
    ]
    return [integration, *answers]


def _queue_uri(queue_arn: str) -> str:
    """Returns the queue as an integration's target: the path of its URL, in the region where it is."""
    _, partition, _, region, account, name = queue_arn.split(":")
    return f"arn:{partition}:apigateway:{region}:sqs:path/{account}/{name}"


def _fingerprint(routes: QueueRoutes, authorization: str, targets: Mapping[str, str]) -> str:
    served = {
        "path": routes.path,
        "model": [routes.model, routes.schema],
        "authorization": authorization,
        "validation": VALIDATION,
        "to_queue": _TO_QUEUE,
        "to_function": _TO_FUNCTION,
        "answers": [asdict(answer) for answer in ANSWERS],
        "accepted": accepted_template(routes.path),
        "targets": dict(targets),
    }
    return hashlib.sha256(json.dumps(served, sort_keys=True).encode()).hexdigest()
