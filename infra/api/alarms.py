"""ApiAlarms: when the API answers with errors that are not its callers' fault."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.base.alarm import Alarm, AlarmLimits, Metric, declare_alarms


@dataclass(frozen=True, kw_only=True)
class ApiAlarmsArgs:
    """The API's one stage, and the stack's limits."""

    api_name: pulumi.Input[str]
    stage_name: pulumi.Input[str]
    limits: AlarmLimits


class ApiAlarms(pulumi.ComponentResource):
    """One alarm: the function's own errors reach the gateway as 5xx, and so do its time-outs and throttles.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    """

    def __init__(self, name: str, args: ApiAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ApiAlarms", name, {}, opts)
        alarm = Alarm(
            suffix="api-errors",
            description="The API fails: callers get 5xx minute after minute.",
            watched=Metric(
                namespace="AWS/ApiGateway",
                name="5XXError",
                dimensions={"ApiName": args.api_name, "Stage": args.stage_name},
                statistic="Sum",
            ),
            threshold=0,
            bad_periods=args.limits.evaluation_minutes,
        )
        declare_alarms(name, [alarm], args.limits, parent=self)
        self.register_outputs({})
