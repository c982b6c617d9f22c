"""Watches a service behind a queue, along a request's way: waiting, handed over, run, settled, reported.

Metrics and their dimensions:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html (asynchronous invocation)
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.base.alarm import Alarm, AlarmSettings
from infra.base.metrics import Metric, function_metric, oldest_message, waiting_messages
from infra.queued.settings import QueuedSettings


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The places where a request can be. `failure_queue` is None where failures go to something that stores nothing."""

    function_name: pulumi.Output[str]
    queue_name: pulumi.Output[str]
    not_handed_over_queue: pulumi.Output[str]
    failure_queue: pulumi.Output[str] | None
    pipe_name: pulumi.Output[str]


def queued_alarms(watched: Watched, own: QueuedSettings, limits: AlarmSettings) -> list[Alarm]:
    """Lists the service's alarms."""
    return [*_waiting(watched, own), *_running(watched, own, limits), *_ended(watched)]


def _waiting(watched: Watched, own: QueuedSettings) -> list[Alarm]:
    return [
        Alarm(
            suffix="request-age",
            description="Requests wait in the queue: the pipe doesn't take them.",
            watched=oldest_message(watched.queue_name),
            threshold=own.request_age_seconds,
        ),
        # One bad period: a pipe that keeps failing is stopped by EventBridge, and then fails no more.
        Alarm(
            suffix="pipe-failures",
            description="The pipe can't hand requests over, or can't read the queue.",
            watched=Metric(
                namespace="AWS/EventBridge/Pipes",
                name="ExecutionFailed",
                dimensions={"PipeName": watched.pipe_name},
                statistic="Sum",
            ),
        ),
        Alarm(
            suffix="not-handed-over",
            description="Requests could not be handed to the function: send them again.",
            watched=waiting_messages(watched.not_handed_over_queue),
        ),
    ]


def _running(watched: Watched, own: QueuedSettings, limits: AlarmSettings) -> list[Alarm]:
    return [
        Alarm(
            suffix="service-errors",
            description="Requests fail again and again.",
            watched=function_metric("Errors", watched.function_name),
            bad_periods=limits.evaluation_minutes,
        ),
        Alarm(
            suffix="service-throttles",
            description="Requests wait in Lambda for concurrency.",
            watched=function_metric("Throttles", watched.function_name),
            bad_periods=limits.evaluation_minutes,
        ),
        # Half of the maximum is too long a wait for concurrency: at its end Lambda gives the request up.
        Alarm(
            suffix="event-age",
            description="Requests wait in Lambda so long that they are given up soon.",
            watched=function_metric("AsyncEventAge", watched.function_name, statistic="Maximum"),
            threshold=own.maximum_event_age_seconds * 1000 / 2,
        ),
    ]


def _ended(watched: Watched) -> list[Alarm]:
    # An event counts as dropped also where its failure was reported to a destination.
    dropped = function_metric("AsyncEventsDropped", watched.function_name)
    return [
        Alarm(
            suffix="failed-requests",
            description="Requests failed for good: look at the reasons, send those again that may succeed now.",
            watched=dropped if watched.failure_queue is None else waiting_messages(watched.failure_queue),
        ),
        Alarm(
            suffix="unreported",
            description="Lambda could not report to a destination how a request ended.",
            watched=function_metric("DestinationDeliveryFailures", watched.function_name),
        ),
    ]
