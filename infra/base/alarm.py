"""The CloudWatch alarms of this stack, and what they have in common.

Silence is never an alarm, for what is idle sends nothing; the topic, if there is one, is told of alarm and all-clear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class AlarmLimits:
    """From when on it is too much, for all alarms of the stack, and who is told."""

    topic_arn: str | None
    iterator_age_seconds: int
    evaluation_minutes: int


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric, with the value of each of its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str


@dataclass(frozen=True, kw_only=True)
class MetricsQuery:
    """A Metrics Insights query that gives one series, for a metric of which not every dimension's value is known.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
    """

    sql: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm; a period is bad if what is watched is above the threshold."""

    suffix: str
    description: str
    watched: Metric | MetricsQuery
    threshold: float
    bad_periods: int
    period_seconds: int = 60


def declare_alarms(name: str, alarms: Iterable[Alarm], limits: AlarmLimits, *, parent: pulumi.Resource) -> None:
    """Each alarm as a child of the parent, named after it and its own suffix."""
    actions = [limits.topic_arn] if limits.topic_arn else []
    for alarm in alarms:
        metric = alarm.watched if isinstance(alarm.watched, Metric) else None
        query = alarm.watched if isinstance(alarm.watched, MetricsQuery) else None
        aws.cloudwatch.MetricAlarm(
            f"{name}-{alarm.suffix}",
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
            opts=pulumi.ResourceOptions(parent=parent),
        )
