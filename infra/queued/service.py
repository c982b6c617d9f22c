"""AsyncService: a container function behind a queue. Nobody waits for it, bursts queue up, failures are kept apart.

The way of a request: queue, pipe, asynchronous invocation, destination. What the pipe could not hand over goes to the
queue's dead-letter queue, what failed to the on-failure destination, with the request in it.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.alarm import AlarmLimits
from infra.parts.image_function import FunctionFileSystem, FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.parts.message_queue import DeadLetters, MessageQueue, MessageQueueArgs
from infra.queued.alarms import AsyncAlarms, AsyncAlarmsArgs
from infra.queued.destination import AsyncDestination, AsyncDestinationArgs
from infra.queued.pipe import VISIBILITY_SECONDS, AsyncPipe, AsyncPipeArgs
from infra.rights import statements as policies
from infra.search.target import FunctionNetwork

_MOST_RECEIVES = 10  # ten minutes in which a broken pipe may be mended before requests are put aside


@dataclass(frozen=True, kw_only=True)
class AsyncServiceArgs:
    """A function of any image, and how patient queue and invocation are.

    `on_success` and `on_failure` are ARNs, or None for a queue that is made. `statements` are what the work itself
    needs, `network`, `file_system` and the sizes are the function's.
    """

    function: FunctionSpec
    description: str
    environment: Mapping[str, pulumi.Input[str]]
    statements: pulumi.Input[Sequence[policies.Statement]]
    largest_request_bytes: int
    queue_retention_seconds: int
    maximum_retry_attempts: int
    maximum_event_age_seconds: int
    request_age_seconds: int
    on_success: str | None
    on_failure: str | None
    alarms: AlarmLimits
    ephemeral_storage_mb: int
    reserved_concurrency: int | None = None
    network: FunctionNetwork | None = None
    file_system: FunctionFileSystem | None = None


class AsyncService(pulumi.ComponentResource):
    """Function, request queue, pipe, destinations and alarms."""

    function_name: pulumi.Output[str]
    function_role_arn: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    queue_arn: pulumi.Output[str]
    not_handed_over_url: pulumi.Output[str]
    """The queue's dead-letter queue."""
    success_destination_arn: pulumi.Output[str]
    failure_destination_arn: pulumi.Output[str]
    failure_queues: Sequence[pulumi.Output[str]]
    """ARNs of the queues in which failures wait, a given one among them."""

    def __init__(self, name: str, args: AsyncServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:AsyncService", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue_name = args.function.function_name
        not_handed_over = MessageQueue(
            f"{name}-not-handed-over", MessageQueueArgs(queue_name=f"{queue_name}-not-handed-over"), opts=child
        )
        requests = MessageQueue(
            f"{name}-requests",
            MessageQueueArgs(
                queue_name=f"{queue_name}-requests",
                retention_seconds=args.queue_retention_seconds,
                largest_message_bytes=args.largest_request_bytes,
                visibility_seconds=VISIBILITY_SECONDS,
                dead_letters=DeadLetters(queue_arn=not_handed_over.arn, most_receives=_MOST_RECEIVES),
            ),
            opts=child,
        )
        success, failure = (
            AsyncDestination(
                f"{name}-{ending}",
                AsyncDestinationArgs(queue_name=f"{queue_name}-{ending}", given_arn=given),
                opts=child,
            )
            for ending, given in (("successes", args.on_success), ("failures", args.on_failure))
        )
        function = _function(name, args, success, failure, child)
        invocation = aws.lambda_.FunctionEventInvokeConfig(
            f"{name}-invocation",
            function_name=function.function_name,
            maximum_retry_attempts=args.maximum_retry_attempts,
            maximum_event_age_in_seconds=args.maximum_event_age_seconds,
            destination_config={
                "on_success": {"destination": success.arn},
                "on_failure": {"destination": failure.arn},
            },
            # Lambda refuses a destination that the function's role may not write to.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function.policy]),
        )
        pipe = AsyncPipe(
            f"{name}-pipe",
            AsyncPipeArgs(
                pipe_name=queue_name,
                queue_arn=requests.arn,
                function_arn=function.function_arn,
                after=[invocation],  # or the first failures would be told to nobody
            ),
            opts=child,
        )
        AsyncAlarms(
            f"{name}-alarms",
            AsyncAlarmsArgs(
                function_name=function.function_name,
                queue_name=requests.queue_name,
                not_handed_over_queue=not_handed_over.queue_name,
                failure_queue=failure.waiting_queue,
                pipe_name=pipe.pipe_name,
                request_age_seconds=args.request_age_seconds,
                maximum_event_age_seconds=args.maximum_event_age_seconds,
                limits=args.alarms,
            ),
            opts=child,
        )
        self.function_name, self.function_role_arn = function.function_name, function.role_arn
        self.queue_url, self.queue_arn = requests.url, requests.arn
        self.not_handed_over_url = not_handed_over.url
        self.success_destination_arn, self.failure_destination_arn = success.arn, failure.arn
        self.failure_queues = [not_handed_over.arn, *([failure.arn] if failure.waiting_queue is not None else [])]
        self.register_outputs(
            {
                "function_name": self.function_name,
                "queue_url": self.queue_url,
                "not_handed_over_url": self.not_handed_over_url,
                "success_destination_arn": self.success_destination_arn,
                "failure_destination_arn": self.failure_destination_arn,
            }
        )


def _function(
    name: str,
    args: AsyncServiceArgs,
    success: AsyncDestination,
    failure: AsyncDestination,
    child: pulumi.ResourceOptions,
) -> ImageFunction:
    return ImageFunction(
        name,
        ImageFunctionArgs(
            spec=args.function,
            description=args.description,
            environment=args.environment,
            statements=pulumi.Output.all(own=args.statements, success=success.arn, failure=failure.arn).apply(
                lambda known: [
                    *known["own"],
                    *(policies.report_to(arn) for arn in dict.fromkeys([known["success"], known["failure"]])),
                ]
            ),
            network=args.network,
            reserved_concurrency=args.reserved_concurrency,
            ephemeral_storage_mb=args.ephemeral_storage_mb,
            file_system=args.file_system,
        ),
        opts=child,
    )
