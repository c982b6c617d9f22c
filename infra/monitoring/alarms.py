"""Alarms: the CloudWatch alarms of the stack, and what they have in common.

Silence is never an alarm, because an idle resource sends nothing. The topic, if any, gets alarm and all-clear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra.base.alarm import Alarm
from infra.base.metrics import Metric, MetricsQuery
from infra.rights import cloudwatch
from infra.rights.documents import Statements


class Alarms(pulumi.ComponentResource):
    """Each alarm is named after its owner and its suffix."""

    names: Mapping[str, pulumi.Output[str]]
    """Logical name → the alarm's name in AWS, which ends at random."""
    operator_rights: Statements
    """Lets an operator look at them."""

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
        made: dict[str, aws.cloudwatch.MetricAlarm] = {}
        for alarm in alarms:
            metric = alarm.watched if isinstance(alarm.watched, Metric) else None
            query = alarm.watched if isinstance(alarm.watched, MetricsQuery) else None
            logical = f"{alarm.owner}-alarms-{alarm.suffix}"
            made[logical] = aws.cloudwatch.MetricAlarm(
                logical,
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
        self.names = {logical: each.name for logical, each in made.items()}
        # One right covers all alarms of the region, so one alarm's ARN tells where that is.
        self.operator_rights = [each.arn.apply(cloudwatch.look_at_alarms) for each in list(made.values())[:1]]
        self.register_outputs({})
