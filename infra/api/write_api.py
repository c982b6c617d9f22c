"""WriteApi: the REST API in front of the table, authorised, validated, throttled and logged, and its function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.api.alarms import ApiAlarms, ApiAlarmsArgs
from infra.api.key_access import ApiKeyAccess, ApiKeyAccessArgs
from infra.api.queue_routes import ApiAsyncRoutes, ApiAsyncRoutesArgs, AsyncRoutes
from infra.api.refusals import ApiRefusals, ApiRefusalsArgs
from infra.api.routes import ApiRoutes, ApiRoutesArgs
from infra.api.stage import ApiStage, ApiStageArgs
from infra.base.alarm import AlarmLimits
from infra.base.names import bounded_name
from infra.parts.image_function import FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.rights import statements as policies
from infra.search.target import SearchTarget

# TLS 1.2 or better with forward secrecy; a regional API's own default is TLS 1.0.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
_SECURITY_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"


@dataclass(frozen=True, kw_only=True)
class WriteApiArgs:
    """The API, and the function that answers it.

    `readable_indexes` are all that the reader alias may come to point at. `asynchronous` are the paths of a service
    behind a queue, if there is one.
    """

    api_name: str
    stage_name: str
    authorization: Literal["iam", "api_key"]
    throttle_rate: float
    throttle_burst: int
    account_log_role: bool
    function: FunctionSpec
    table_name: pulumi.Input[str]
    table_arn: pulumi.Input[str]
    target: SearchTarget
    reader_alias: str
    readable_indexes: tuple[str, ...]
    asynchronous: AsyncRoutes | None
    alarms: AlarmLimits


class WriteApi(pulumi.ComponentResource):
    """Items by HTTPS, and a search over their index."""

    url: pulumi.Output[str]
    """Base URL of the stage, without a slash at its end."""
    function_name: pulumi.Output[str]
    key_exports: Mapping[str, pulumi.Output[str]]
    """`api_key_id` where callers use a key, otherwise nothing."""

    def __init__(self, name: str, args: WriteApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:WriteApi", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        function = _function(name, args, child)
        api = aws.apigateway.RestApi(
            name,
            name=args.api_name,
            description="Writes, reads and searches the items of the table",
            endpoint_configuration={"types": "REGIONAL"},
            security_policy=_SECURITY_POLICY,
            endpoint_access_mode="STRICT",
            api_key_source="HEADER",
            opts=child,
        )
        routes = ApiRoutes(
            f"{name}-routes",
            ApiRoutesArgs(
                rest_api_id=api.id,
                root_resource_id=api.root_resource_id,
                invoke_arn=function.invoke_arn,
                authorization=args.authorization,
            ),
            opts=child,
        )
        refusals = ApiRefusals(f"{name}-refusals", ApiRefusalsArgs(rest_api_id=api.id), opts=child)
        asynchronous = _asynchronous(name, args, api, routes, child)
        stage = ApiStage(
            name,
            ApiStageArgs(
                api_name=args.api_name,
                rest_api_id=api.id,
                stage_name=args.stage_name,
                throttle_rate=args.throttle_rate,
                throttle_burst=args.throttle_burst,
                account_log_role=args.account_log_role,
                log_retention_days=args.function.log_retention_days,
                served=[*routes.served, *refusals.served, *(asynchronous.served if asynchronous else [])],
                triggers={
                    "routes": routes.fingerprint,
                    "refusals": refusals.fingerprint,
                    **({"asynchronous": asynchronous.fingerprint} if asynchronous else {}),
                    "function": function.invoke_arn,
                    "api": api.id,
                },
            ),
            opts=child,
        )
        aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=function.function_name,
            principal="apigateway.amazonaws.com",
            # Any method and path of this API's one stage.
            source_arn=pulumi.Output.concat(api.execution_arn, "/", args.stage_name, "/*"),
            opts=child,
        )
        ApiAlarms(
            f"{name}-alarms",
            ApiAlarmsArgs(api_name=api.name, stage_name=stage.stage_name, limits=args.alarms),
            opts=child,
        )
        self.key_exports = _key_exports(name, args, api, stage, child)
        self.url = stage.url
        self.function_name = function.function_name
        self.register_outputs({"url": self.url, "function_name": self.function_name})


def _function(name: str, args: WriteApiArgs, child: pulumi.ResourceOptions) -> ImageFunction:
    function = ImageFunction(
        f"{name}-function",
        ImageFunctionArgs(
            spec=args.function,
            description=f"Answers the API {args.api_name}",
            environment={
                "TABLE_NAME": args.table_name,
                "OPENSEARCH_ENDPOINT": args.target.endpoint,
                "OPENSEARCH_INDEX": args.reader_alias,
            },
            statements=pulumi.Output.all(table=args.table_arn, collection=args.target.collection_arn).apply(
                lambda arn: [policies.serve_items(arn["table"]), policies.use_collection(arn["collection"])]
            ),
            network=args.target.network,
        ),
        opts=child,
    )
    aws.opensearch.ServerlessAccessPolicy(
        f"{name}-access",
        name=bounded_name(f"{args.target.collection}-{name}", limit=32),
        type="data",
        policy=function.role_arn.apply(
            lambda role: json.dumps(
                [
                    policies.index_access(
                        args.target.collection,
                        # An alias is asked for by its own name and answered from the index behind it.
                        [args.reader_alias, *args.readable_indexes],
                        policies.READ_DOCUMENTS,
                        [role],
                    )
                ]
            )
        ),
        opts=child,
    )
    return function


def _asynchronous(
    name: str, args: WriteApiArgs, api: aws.apigateway.RestApi, routes: ApiRoutes, child: pulumi.ResourceOptions
) -> ApiAsyncRoutes | None:
    if args.asynchronous is None:
        return None
    return ApiAsyncRoutes(
        f"{name}-{args.asynchronous.path}",
        ApiAsyncRoutesArgs(
            routes=args.asynchronous,
            rest_api_id=api.id,
            root_resource_id=api.root_resource_id,
            execution_arn=api.execution_arn,
            stage_name=args.stage_name,
            validator_id=routes.validator_id,
            authorization=args.authorization,
        ),
        opts=child,
    )


def _key_exports(
    name: str,
    args: WriteApiArgs,
    api: aws.apigateway.RestApi,
    stage: ApiStage,
    child: pulumi.ResourceOptions,
) -> Mapping[str, pulumi.Output[str]]:
    if args.authorization == "iam":
        return {}
    access = ApiKeyAccess(
        f"{name}-key-access",
        ApiKeyAccessArgs(
            key_name=args.api_name,
            rest_api_id=api.id,
            stage_name=stage.stage_name,
            throttle_rate=args.throttle_rate,
            throttle_burst=args.throttle_burst,
        ),
        opts=child,
    )
    return {"api_key_id": access.key_id}
