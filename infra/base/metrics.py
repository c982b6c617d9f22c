"""Names the CloudWatch metrics that alarms watch, each once, with its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric, with the value of each of its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str


@dataclass(frozen=True, kw_only=True)
class MetricsQuery:
    """A Metrics Insights query that gives one series, for a metric with a dimension whose values are unknown.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
    """

    sql: pulumi.Input[str]


def function_metric(name: str, function_name: pulumi.Input[str], *, statistic: str = "Sum") -> Metric:
    """Makes a metric of one function: `Errors`, `Throttles`, `IteratorAge` and so on.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": function_name}, statistic=statistic)


def own_metric(name: str, function_name: pulumi.Input[str]) -> Metric:
    """Makes a metric that a function counts itself, by a line of its log (`lambda_kit.telemetry.count`)."""
    return Metric(namespace="driftless", name=name, dimensions={"FunctionName": function_name}, statistic="Sum")


def mapping_metric(name: str, mapping_uuid: pulumi.Input[str]) -> Metric:
    """Makes a metric of one event source mapping, which sends it only when it asks for `EventCount`.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    """
    return Metric(
        namespace="AWS/Lambda", name=name, dimensions={"EventSourceMappingUUID": mapping_uuid}, statistic="Sum"
    )


def waiting_messages(queue_name: pulumi.Input[str]) -> Metric:
    """Makes the count of messages that wait in a queue."""
    return _queue_metric("ApproximateNumberOfMessagesVisible", queue_name)


def oldest_message(queue_name: pulumi.Input[str]) -> Metric:
    """Makes the age of a queue's oldest message, in seconds."""
    return _queue_metric("ApproximateAgeOfOldestMessage", queue_name)


def _queue_metric(name: str, queue_name: pulumi.Input[str]) -> Metric:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    return Metric(namespace="AWS/SQS", name=name, dimensions={"QueueName": queue_name}, statistic="Maximum")
