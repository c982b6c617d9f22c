"""QueuedService: a container function behind a queue. Nobody waits for it, bursts queue up, failures are kept apart.

The way of a request: queue, pipe, asynchronous invocation, destination. What the pipe could not hand over goes to the
queue's dead-letter queue, what failed to the on-failure destination, with the request in it.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.alarm import Alarm, owned_by
from infra.base.routes import LARGEST_REQUEST_BYTES
from infra.kit import Kit
from infra.parts.image_function import FunctionFileSystem, FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.parts.message_queue import DeadLetters, MessageQueue, MessageQueueArgs
from infra.parts.network import FunctionNetwork
from infra.queued.alarms import Watched, queued_alarms
from infra.queued.destination import InvocationDestination
from infra.queued.pipe import VISIBILITY_SECONDS, QueuePipe
from infra.queued.settings import QUEUE, QueuedSettings
from infra.rights import lambda_
from infra.rights.documents import Statements

_MOST_RECEIVES = 10  # ten minutes to repair a broken pipe before requests are put aside


@dataclass(frozen=True, kw_only=True)
class Work:
    """What the function does: `statements` are the rights that the work needs, the rest is the function's."""

    function: FunctionSpec
    description: str
    environment: Mapping[str, pulumi.Input[str]]
    statements: Statements
    network: FunctionNetwork | None = None
    file_system: FunctionFileSystem | None = None


class QueuedService(pulumi.ComponentResource):
    """Function, request queue, pipe and destinations."""

    function: ImageFunction
    requests: MessageQueue
    not_handed_over: MessageQueue
    """The queue's dead-letter queue."""
    success: InvocationDestination
    failure: InvocationDestination
    operator_rights: Statements
    """Lets an operator empty the queues in which failures wait."""
    alarms: list[Alarm]

    def __init__(
        self, name: str, kit: Kit, own: QueuedSettings, work: Work, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("driftless:index:QueuedService", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue_name = work.function.function_name
        self.not_handed_over = MessageQueue(
            f"{name}-not-handed-over", MessageQueueArgs(queue_name=f"{queue_name}-not-handed-over"), opts=child
        )
        self.requests = MessageQueue(
            f"{name}-requests",
            MessageQueueArgs(
                queue_name=f"{queue_name}-requests",
                retention_seconds=own.queue_retention_seconds,
                largest_message_bytes=LARGEST_REQUEST_BYTES,
                visibility_seconds=VISIBILITY_SECONDS,
                dead_letters=DeadLetters(queue_arn=self.not_handed_over.arn, most_receives=_MOST_RECEIVES),
            ),
            opts=child,
        )
        self.success, self.failure = (
            InvocationDestination(f"{name}-{ending}", given, queue_name=f"{queue_name}-{ending}", opts=child)
            for ending, given in (("successes", own.on_success), ("failures", own.on_failure))
        )
        self.function = self._function(name, own, work, child)
        invocation = aws.lambda_.FunctionEventInvokeConfig(
            f"{name}-invocation",
            function_name=self.function.function_name,
            maximum_retry_attempts=own.maximum_retry_attempts,
            maximum_event_age_in_seconds=own.maximum_event_age_seconds,
            destination_config={
                "on_success": {"destination": self.success.arn},
                "on_failure": {"destination": self.failure.arn},
            },
            # Lambda refuses a destination that the function's role may not write to.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.function.policy]),
        )
        pipe = QueuePipe(
            f"{name}-pipe",
            pipe_name=queue_name,
            queue=self.requests,
            function=self.function,
            after=[invocation],  # or the first failures would be reported to nobody
            opts=child,
        )
        self.operator_rights = [self.not_handed_over.may_settle, *self.failure.operator_rights]
        watched = Watched(
            function_name=self.function.function_name,
            queue_name=self.requests.queue_name,
            not_handed_over_queue=self.not_handed_over.queue_name,
            failure_queue=self.failure.waiting_queue,
            pipe_name=pipe.pipe_name,
        )
        self.alarms = owned_by(name, queued_alarms(watched, own, kit.alarms))
        self.register_outputs({"function_name": self.function.function_name, "queue_url": self.requests.url})

    def _function(self, name: str, own: QueuedSettings, work: Work, child: pulumi.ResourceOptions) -> ImageFunction:
        given_once = own.on_success == own.on_failure != QUEUE  # one ARN for both needs one right
        destinations = [self.success] if given_once else [self.success, self.failure]
        return ImageFunction(
            name,
            ImageFunctionArgs(
                spec=work.function,
                description=work.description,
                environment=work.environment,
                statements=[*work.statements, *(each.arn.apply(lambda_.report_to) for each in destinations)],
                network=work.network,
                reserved_concurrency=own.reserved_concurrency,
                ephemeral_storage_mb=own.ephemeral_storage_mb,
                file_system=work.file_system,
            ),
            opts=child,
        )
