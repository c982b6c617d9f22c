"""ApiStage: the one deployment and stage of an API, throttled and logged, made again when what it serves changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.api.access_log import LOG_FORMAT, ApiAccessLog, ApiAccessLogArgs


@dataclass(frozen=True, kw_only=True)
class ApiStageArgs:
    """The API, and all that it serves: a deployment is a copy, so whatever is served has to be among the triggers, or
    a change would never be served.
    """

    api_name: str
    rest_api_id: pulumi.Input[str]
    stage_name: str
    throttle_rate: float
    throttle_burst: int
    account_log_role: bool
    log_retention_days: int
    served: Sequence[pulumi.Resource]
    triggers: Mapping[str, pulumi.Input[str]]


class ApiStage(pulumi.ComponentResource):
    """Deployment, stage, access log and throttling."""

    stage_name: pulumi.Output[str]
    url: pulumi.Output[str]
    """Without a slash at its end."""

    def __init__(self, name: str, args: ApiStageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ApiStage", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        log = ApiAccessLog(
            f"{name}-access-log",
            ApiAccessLogArgs(
                log_group_name=f"/aws/apigateway/{args.api_name}",
                retention_days=args.log_retention_days,
                account_log_role=args.account_log_role,
            ),
            opts=child,
        )
        deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            rest_api=args.rest_api_id,
            triggers=args.triggers,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.served)),
        )
        stage = aws.apigateway.Stage(
            f"{name}-stage",
            rest_api=args.rest_api_id,
            deployment=deployment.id,
            stage_name=args.stage_name,
            access_log_settings={"destination_arn": log.log_group_arn, "format": LOG_FORMAT},
            xray_tracing_enabled=False,
            opts=child,
        )
        aws.apigateway.MethodSettings(
            f"{name}-method-settings",
            rest_api=args.rest_api_id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings={
                "metrics_enabled": True,
                "logging_level": "OFF",  # execution logs hold requests
                "data_trace_enabled": False,  # and this one their bodies
                "caching_enabled": False,
                "throttling_rate_limit": args.throttle_rate,
                "throttling_burst_limit": args.throttle_burst,
            },
            opts=child,
        )
        self.stage_name = stage.stage_name
        self.url = stage.invoke_url.apply(lambda url: url.rstrip("/"))
        self.register_outputs({"stage_name": self.stage_name, "url": self.url})
