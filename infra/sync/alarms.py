"""Watches one consumer: its age, errors and throttles, and everything that left the straight way into the index.

And the second deletes, which wait by design: what rings is that they wait longer, or were given up.
"""

from __future__ import annotations

import pulumi

from infra.base.alarm import Alarm, AlarmSettings
from infra.base.metrics import function_metric, mapping_metric, oldest_message, own_metric, waiting_messages


def consumer_alarms(
    function_name: pulumi.Input[str],
    queue_name: pulumi.Input[str],
    mapping_uuid: pulumi.Input[str],
    limits: AlarmSettings,
) -> list[Alarm]:
    """Lists a consumer's alarms."""
    return [
        Alarm(
            suffix="iterator-age",
            description="The index is behind the table: records wait longer than allowed.",
            watched=function_metric("IteratorAge", function_name, statistic="Maximum"),
            threshold=limits.iterator_age_milliseconds,
            bad_periods=limits.evaluation_minutes,
        ),
        Alarm(
            suffix="errors",
            description="The function fails again and again: whole batches are repeated.",
            watched=function_metric("Errors", function_name),
            bad_periods=limits.evaluation_minutes,
        ),
        Alarm(
            suffix="throttles",
            description="Lambda has no concurrency left for the function.",
            watched=function_metric("Throttles", function_name),
            bad_periods=limits.evaluation_minutes,
        ),
        Alarm(
            suffix="dead-letters",
            description="Records were parked or given up and wait in the dead-letter queue: redrive them.",
            watched=waiting_messages(queue_name),
        ),
        # With a bucket as destination no queue would show what was given up.
        Alarm(
            suffix="given-up",
            description="Lambda gave batches up and sent them to the failure destination: redrive them.",
            watched=mapping_metric("OnFailureDestinationDeliveredEventCount", mapping_uuid),
        ),
        Alarm(
            suffix="dropped",
            description="Lambda gave batches up and could not even report them: verify and repair the index.",
            watched=mapping_metric("DroppedEventCount", mapping_uuid),
        ),
        Alarm(
            suffix="future-versions",
            description="Documents have versions of the future: verify the index, and look for a wrong clock.",
            watched=own_metric("FutureVersions", function_name),
        ),
    ]


def second_delete_alarms(
    queue_name: pulumi.Input[str], dead_letters_name: pulumi.Input[str], oldest_seconds: int
) -> list[Alarm]:
    """Lists the alarms of the queue of second deletes. A message's age counts from its sending, the delay included."""
    return [
        Alarm(
            suffix="waiting-deletes",
            description="Second deletes wait longer than their delay: the function doesn't take them.",
            watched=oldest_message(queue_name),
            threshold=oldest_seconds,
        ),
        Alarm(
            suffix="dead-deletes",
            description="Second deletes failed again and again and wait in the dead-letter queue: move them back.",
            watched=waiting_messages(dead_letters_name),
        ),
    ]
