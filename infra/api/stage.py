"""ApiStage: the one deployment and stage of an API, throttled and logged, made again when what it serves changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra.api.access_log import LOG_FORMAT, ApiAccessLog
from infra.api.settings import ApiSettings
from infra.kit import Kit


class ApiStage(pulumi.ComponentResource):
    """Deployment, stage, access log and throttling."""

    stage_name: pulumi.Output[str]
    url: pulumi.Output[str]
    """Without a slash at its end."""

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: ApiSettings,
        api: aws.apigateway.RestApi,
        *,
        served: Sequence[pulumi.Resource],
        triggers: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`triggers` hold a fingerprint of all that is served. A deployment is a copy: without its trigger a change
        would never be served.
        """
        super().__init__("driftless:index:ApiStage", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        log = ApiAccessLog(f"{name}-access-log", kit, own, child)
        deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            rest_api=api.id,
            triggers=triggers,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(served)),
        )
        stage = aws.apigateway.Stage(
            f"{name}-stage",
            rest_api=api.id,
            deployment=deployment.id,
            stage_name=own.stage,
            access_log_settings={"destination_arn": log.log_group_arn, "format": LOG_FORMAT},
            xray_tracing_enabled=False,
            opts=child,
        )
        aws.apigateway.MethodSettings(
            f"{name}-method-settings",
            rest_api=api.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings={
                "metrics_enabled": True,
                "logging_level": "OFF",  # execution logs hold requests
                "data_trace_enabled": False,  # and this one their bodies
                "caching_enabled": False,
                "throttling_rate_limit": own.throttle_rate,
                "throttling_burst_limit": own.throttle_burst,
            },
            opts=child,
        )
        self.stage_name = stage.stage_name
        self.url = stage.invoke_url.apply(lambda url: url.rstrip("/"))
        self.register_outputs({"stage_name": self.stage_name, "url": self.url})
