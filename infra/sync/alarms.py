"""ConsumerAlarms: when somebody has to look at a consumer. Silence is never an alarm: an idle stream sends nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.base.alarm import Alarm, AlarmLimits, Metric, declare_alarms


@dataclass(frozen=True, kw_only=True)
class ConsumerAlarmsArgs:
    """What to watch, and from when on it is too much."""

    function_name: pulumi.Input[str]
    queue_name: pulumi.Input[str]
    mapping_uuid: pulumi.Input[str]
    limits: AlarmLimits


class ConsumerAlarms(pulumi.ComponentResource):
    """Age, errors and throttles of the function, and everything that left the straight way into the index."""

    def __init__(self, name: str, args: ConsumerAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ConsumerAlarms", name, {}, opts)
        declare_alarms(name, _alarms(args), args.limits, parent=self)
        self.register_outputs({})


def _alarms(args: ConsumerAlarmsArgs) -> list[Alarm]:
    function: dict[str, pulumi.Input[str]] = {"FunctionName": args.function_name}
    # Sent because the mapping asks for EventCount; with a bucket as destination no queue would show these.
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    mapping: dict[str, pulumi.Input[str]] = {"EventSourceMappingUUID": args.mapping_uuid}
    return [
        Alarm(
            suffix="iterator-age",
            description="The index is behind the table: records wait longer than allowed.",
            watched=Metric(namespace="AWS/Lambda", name="IteratorAge", dimensions=function, statistic="Maximum"),
            threshold=args.limits.iterator_age_seconds * 1000,
            bad_periods=args.limits.evaluation_minutes,
        ),
        Alarm(
            suffix="errors",
            description="The function fails again and again: whole batches are repeated.",
            watched=Metric(namespace="AWS/Lambda", name="Errors", dimensions=function, statistic="Sum"),
            threshold=0,
            bad_periods=args.limits.evaluation_minutes,
        ),
        Alarm(
            suffix="throttles",
            description="Lambda has no concurrency left for the function.",
            watched=Metric(namespace="AWS/Lambda", name="Throttles", dimensions=function, statistic="Sum"),
            threshold=0,
            bad_periods=args.limits.evaluation_minutes,
        ),
        Alarm(
            suffix="dead-letters",
            description="Records were parked or given up and wait in the dead-letter queue: redrive them.",
            watched=Metric(
                namespace="AWS/SQS",
                name="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": args.queue_name},
                statistic="Maximum",
            ),
            threshold=0,
            bad_periods=1,
        ),
        Alarm(
            suffix="given-up",
            description="Lambda gave batches up and sent them to the failure destination: redrive them.",
            watched=Metric(
                namespace="AWS/Lambda",
                name="OnFailureDestinationDeliveredEventCount",
                dimensions=mapping,
                statistic="Sum",
            ),
            threshold=0,
            bad_periods=1,
        ),
        Alarm(
            suffix="dropped",
            description="Lambda gave batches up and could not even report them: verify and repair the index.",
            watched=Metric(namespace="AWS/Lambda", name="DroppedEventCount", dimensions=mapping, statistic="Sum"),
            threshold=0,
            bad_periods=1,
        ),
    ]
