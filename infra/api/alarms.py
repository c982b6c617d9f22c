"""Watches the API for errors that are not its callers' fault."""

from __future__ import annotations

import pulumi

from infra.base.alarm import Alarm, AlarmSettings
from infra.base.metrics import Metric


def api_alarms(api_name: pulumi.Input[str], stage_name: pulumi.Input[str], limits: AlarmSettings) -> list[Alarm]:
    """Lists the API's one alarm: errors, time-outs and throttles of the function reach the gateway as 5xx.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    """
    return [
        Alarm(
            suffix="api-errors",
            description="The API fails: callers get 5xx minute after minute.",
            watched=Metric(
                namespace="AWS/ApiGateway",
                name="5XXError",
                dimensions={"ApiName": api_name, "Stage": stage_name},
                statistic="Sum",
            ),
            bad_periods=limits.evaluation_minutes,
        )
    ]
