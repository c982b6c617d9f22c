"""Alarms: the CloudWatch alarms of the stack, and what they have in common.

Silence is never an alarm, because an idle resource sends nothing. The topic, if any, gets alarm and all-clear.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.base.alarm import Alarm
from infra.base.metrics import Metric, MetricsQuery


class Alarms(pulumi.ComponentResource):
    """Each alarm is named after its owner and its suffix."""

    def __init__(
        self,
        name: str,
        alarms: Sequence[Alarm],
        *,
        topic_arn: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:Alarms", name, {}, opts)
        actions = [topic_arn] if topic_arn else []
        for alarm in alarms:
            metric = alarm.watched if isinstance(alarm.watched, Metric) else None
            query = alarm.watched if isinstance(alarm.watched, MetricsQuery) else None
            aws.cloudwatch.MetricAlarm(
                f"{alarm.owner}-alarms-{alarm.suffix}",
                alarm_description=alarm.description,
                namespace=metric.namespace if metric else None,
                metric_name=metric.name if metric else None,
                dimensions=metric.dimensions if metric else None,
                statistic=metric.statistic if metric else None,
                period=alarm.period_seconds if metric else None,
                metric_queries=[
                    {"id": "watched", "expression": query.sql, "period": alarm.period_seconds, "return_data": True}
                ]
                if query
                else None,
                evaluation_periods=alarm.bad_periods,
                datapoints_to_alarm=alarm.bad_periods,
                comparison_operator="GreaterThanThreshold",
                threshold=alarm.threshold,
                treat_missing_data="notBreaching",
                alarm_actions=actions,
                ok_actions=actions,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
