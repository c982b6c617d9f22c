"""WriteApi: the REST API in front of the table, authorised, validated, throttled and logged, and its function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra.api.alarms import api_alarms
from infra.api.document import template
from infra.api.key_access import ApiKeyAccess
from infra.api.openapi import document
from infra.api.queue_routes import ApiQueueRoutes
from infra.api.refusals import ApiRefusals
from infra.api.routes import ApiRoutes
from infra.api.settings import ApiSettings, TableApiSettings
from infra.api.stage import ApiStage
from infra.base.alarm import Alarm, owned_by
from infra.base.routes import QueueRoutes
from infra.kit import Kit
from infra.parts.image_function import ImageFunction, ImageFunctionArgs
from infra.rights import aoss, apigateway
from infra.rights.documents import Statements
from infra.search.access import grant
from infra.search.target import Searchable, SearchTarget
from infra.source.table import SourceTable

# TLS 1.2 or better with forward secrecy; a regional API's own default is TLS 1.0.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
_SECURITY_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"


class WriteApi(pulumi.ComponentResource):
    """Items by HTTPS, a search over their index, and the paths of services behind queues."""

    url: pulumi.Output[str]
    """Base URL of the stage, without a slash at its end."""
    function_name: pulumi.Output[str]
    key_exports: Mapping[str, pulumi.Output[str]]
    """`api_key_id` where callers use a key, otherwise nothing."""
    operator_rights: Statements
    """Lets an operator call what `ops smoke` calls."""
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: ApiSettings,
        *,
        function_settings: TableApiSettings,
        image_uri: pulumi.Input[str],
        table: SourceTable,
        searchable: Searchable,
        target: SearchTarget,
        queue_routes: Sequence[QueueRoutes],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:WriteApi", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        api_name = kit.physical(own.name)
        function = ImageFunction(
            f"{name}-function",
            ImageFunctionArgs(
                spec=kit.function(function_settings, image_uri),
                description=f"Answers the API {api_name}",
                environment={
                    "TABLE_NAME": table.table_name,
                    "OPENSEARCH_ENDPOINT": target.endpoint,
                    "OPENSEARCH_INDEX": searchable.alias,
                },
                statements=[table.may_serve, target.may_use],
                network=target.network,
            ),
            opts=child,
        )
        reading = aoss.on_indexes(target.collection, searchable.names, aoss.READ_DOCUMENTS)
        grant(name, target.collection, [function.role_arn], [reading], parent=self)
        api = aws.apigateway.RestApi(
            name,
            name=api_name,
            description="Writes, reads and searches the items of the table",
            endpoint_configuration={"types": "REGIONAL"},
            security_policy=_SECURITY_POLICY,
            endpoint_access_mode="STRICT",
            api_key_source="HEADER",
            opts=child,
        )
        routes = ApiRoutes(
            f"{name}-routes",
            api,
            invoke_arn=function.invoke_arn,
            authorization=own.authorization,
            document=template(document(api_name, own.stage, own.authorization, queue_routes)),
            opts=child,
        )
        refusals = ApiRefusals(f"{name}-refusals", api, child)
        queued = {
            each.path: ApiQueueRoutes(
                f"{name}-{each.path}",
                each,
                api,
                stage_name=own.stage,
                validator_id=routes.validator_id,
                authorization=own.authorization,
                opts=child,
            )
            for each in queue_routes
        }
        stage = ApiStage(
            name,
            kit,
            own,
            api,
            served=[*routes.served, *refusals.served, *(part for each in queued.values() for part in each.served)],
            triggers={
                "routes": routes.fingerprint,
                "refusals": refusals.fingerprint,
                "function": function.invoke_arn,
                "api": api.id,
                **{f"queue:{path}": each.fingerprint for path, each in queued.items()},
            },
            opts=child,
        )
        aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=function.function_name,
            principal="apigateway.amazonaws.com",
            # Any method and path of this API's one stage.
            source_arn=pulumi.Output.concat(api.execution_arn, "/", own.stage, "/*"),
            opts=child,
        )
        stage_arn = pulumi.Output.concat(api.execution_arn, "/", own.stage)
        self.operator_rights = [
            stage_arn.apply(lambda arn: apigateway.call_as_smoke_test(arn, [each.path for each in queue_routes]))
        ]
        self.key_exports = {}
        if own.authorization == "api_key":
            access = ApiKeyAccess(f"{name}-key-access", kit, own, api, stage_name=stage.stage_name, opts=child)
            self.key_exports = {"api_key_id": access.key_id}
            self.operator_rights = [access.may_read]  # the gateway asks callers with a key for nothing else
        self.url = stage.url
        self.function_name = function.function_name
        self.alarms = owned_by(name, api_alarms(api.name, stage.stage_name, kit.alarms))
        self.register_outputs({"url": self.url})
