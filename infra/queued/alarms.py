"""AsyncAlarms: when somebody has to look at an asynchronous service. Silence is never an alarm."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.base.alarm import Alarm, AlarmLimits, Metric, declare_alarms


@dataclass(frozen=True, kw_only=True)
class AsyncAlarmsArgs:
    """What to watch. `failure_queue` is None where failures go to something that keeps nothing waiting.

    Half of `maximum_event_age_seconds` is too long a wait for concurrency: at its end Lambda gives the request up.
    """

    function_name: pulumi.Input[str]
    queue_name: pulumi.Input[str]
    not_handed_over_queue: pulumi.Input[str]
    failure_queue: pulumi.Input[str] | None
    pipe_name: pulumi.Input[str]
    request_age_seconds: int
    maximum_event_age_seconds: int
    limits: AlarmLimits


class AsyncAlarms(pulumi.ComponentResource):
    """A request's way from end to end: waiting, handed over, run, settled, and told.

    Metrics and their dimensions:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html (asynchronous invocation)
    """

    def __init__(self, name: str, args: AsyncAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:AsyncAlarms", name, {}, opts)
        declare_alarms(name, [*_waiting(args), *_running(args), *_ended(args)], args.limits, parent=self)
        self.register_outputs({})


def _waiting(args: AsyncAlarmsArgs) -> list[Alarm]:
    return [
        Alarm(
            suffix="request-age",
            description="Requests wait in the queue: the pipe doesn't take them.",
            watched=Metric(
                namespace="AWS/SQS",
                name="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": args.queue_name},
                statistic="Maximum",
            ),
            threshold=args.request_age_seconds,
            bad_periods=1,
        ),
        Alarm(
            suffix="pipe-failures",
            description="The pipe can't hand requests over, or can't read the queue.",
            watched=Metric(
                namespace="AWS/EventBridge/Pipes",
                name="ExecutionFailed",
                dimensions={"PipeName": args.pipe_name},
                statistic="Sum",
            ),
            threshold=0,
            bad_periods=1,  # a pipe that keeps failing is stopped by EventBridge, and then fails no more
        ),
        Alarm(
            suffix="not-handed-over",
            description="Requests could not be handed to the function: redrive them.",
            watched=_messages_in(args.not_handed_over_queue),
            threshold=0,
            bad_periods=1,
        ),
    ]


def _running(args: AsyncAlarmsArgs) -> list[Alarm]:
    return [
        Alarm(
            suffix="service-errors",
            description="Requests fail again and again.",
            watched=_of_function(args, "Errors"),
            threshold=0,
            bad_periods=args.limits.evaluation_minutes,
        ),
        Alarm(
            suffix="service-throttles",
            description="Requests wait in Lambda for concurrency.",
            watched=_of_function(args, "Throttles"),
            threshold=0,
            bad_periods=args.limits.evaluation_minutes,
        ),
        Alarm(
            suffix="event-age",
            description="Requests wait in Lambda so long that they are given up soon.",
            watched=_of_function(args, "AsyncEventAge", statistic="Maximum"),
            threshold=args.maximum_event_age_seconds * 1000 / 2,
            bad_periods=1,
        ),
    ]


def _ended(args: AsyncAlarmsArgs) -> list[Alarm]:
    # An event counts as dropped also where its failure was told to a destination.
    dropped = _of_function(args, "AsyncEventsDropped")
    return [
        Alarm(
            suffix="failed-requests",
            description="Requests failed for good: look at the reasons, redrive those that may succeed now.",
            watched=dropped if args.failure_queue is None else _messages_in(args.failure_queue),
            threshold=0,
            bad_periods=1,
        ),
        Alarm(
            suffix="untold",
            description="Lambda could not tell a destination how a request ended.",
            watched=_of_function(args, "DestinationDeliveryFailures"),
            threshold=0,
            bad_periods=1,
        ),
    ]


def _messages_in(queue_name: pulumi.Input[str]) -> Metric:
    return Metric(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue_name},
        statistic="Maximum",
    )


def _of_function(args: AsyncAlarmsArgs, metric: str, *, statistic: str = "Sum") -> Metric:
    dimensions: dict[str, pulumi.Input[str]] = {"FunctionName": args.function_name}
    return Metric(namespace="AWS/Lambda", name=metric, dimensions=dimensions, statistic=statistic)
