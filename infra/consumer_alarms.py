"""ConsumerAlarms: when somebody has to look at a consumer. Silence is never an alarm: an idle stream sends nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ConsumerAlarmsArgs:
    """What to watch, and from when on it is too much. `topic_arn` is told of alarm and all-clear, if there is one."""

    function_name: pulumi.Input[str]
    queue_name: pulumi.Input[str]
    mapping_uuid: pulumi.Input[str]
    iterator_age_seconds: int
    evaluation_minutes: int
    topic_arn: str | None


@dataclass(frozen=True, kw_only=True)
class _Alarm:
    """One alarm; a minute is bad if the statistic is above the threshold."""

    suffix: str
    description: str
    namespace: str
    metric: str
    dimensions: dict[str, pulumi.Input[str]]
    statistic: str
    threshold: float
    bad_minutes: int


class ConsumerAlarms(pulumi.ComponentResource):
    """Age, errors and throttles of the function, and everything that left the straight way into the index."""

    def __init__(self, name: str, args: ConsumerAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ConsumerAlarms", name, {}, opts)
        actions = [args.topic_arn] if args.topic_arn else []
        for alarm in _alarms(args):
            aws.cloudwatch.MetricAlarm(
                f"{name}-{alarm.suffix}",
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                period=60,
                evaluation_periods=alarm.bad_minutes,
                datapoints_to_alarm=alarm.bad_minutes,
                comparison_operator="GreaterThanThreshold",
                threshold=alarm.threshold,
                treat_missing_data="notBreaching",
                alarm_actions=actions,
                ok_actions=actions,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _alarms(args: ConsumerAlarmsArgs) -> list[_Alarm]:
    function: dict[str, pulumi.Input[str]] = {"FunctionName": args.function_name}
    # Sent because the mapping asks for EventCount; with a bucket as destination no queue would show these.
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    mapping: dict[str, pulumi.Input[str]] = {"EventSourceMappingUUID": args.mapping_uuid}
    return [
        _Alarm(
            suffix="iterator-age",
            description="The index is behind the table: records wait longer than allowed.",
            namespace="AWS/Lambda",
            metric="IteratorAge",
            dimensions=function,
            statistic="Maximum",
            threshold=args.iterator_age_seconds * 1000,
            bad_minutes=args.evaluation_minutes,
        ),
        _Alarm(
            suffix="errors",
            description="The function fails again and again: whole batches are repeated.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions=function,
            statistic="Sum",
            threshold=0,
            bad_minutes=args.evaluation_minutes,
        ),
        _Alarm(
            suffix="throttles",
            description="Lambda has no concurrency left for the function.",
            namespace="AWS/Lambda",
            metric="Throttles",
            dimensions=function,
            statistic="Sum",
            threshold=0,
            bad_minutes=args.evaluation_minutes,
        ),
        _Alarm(
            suffix="dead-letters",
            description="Records were parked or given up and wait in the dead-letter queue: redrive them.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": args.queue_name},
            statistic="Maximum",
            threshold=0,
            bad_minutes=1,
        ),
        _Alarm(
            suffix="given-up",
            description="Lambda gave batches up and sent them to the failure destination: redrive them.",
            namespace="AWS/Lambda",
            metric="OnFailureDestinationDeliveredEventCount",
            dimensions=mapping,
            statistic="Sum",
            threshold=0,
            bad_minutes=1,
        ),
        _Alarm(
            suffix="dropped",
            description="Lambda gave batches up and could not even report them: verify and repair the index.",
            namespace="AWS/Lambda",
            metric="DroppedEventCount",
            dimensions=mapping,
            statistic="Sum",
            threshold=0,
            bad_minutes=1,
        ),
    ]
