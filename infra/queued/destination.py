"""AsyncDestination: where Lambda tells how an asynchronous invocation ended.

The stack makes a queue, for a queue alone keeps by itself what nobody has taken yet. A topic, an event bus or a
function is worth as much as the subscribers, rules and code behind it, which are somebody else's: those are named by
their ARN, and so may be a queue that others read already.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.parts.message_queue import MessageQueue, MessageQueueArgs


@dataclass(frozen=True, kw_only=True)
class AsyncDestinationArgs:
    """A queue of this name, or what is there already under the ARN."""

    queue_name: str
    given_arn: str | None


class AsyncDestination(pulumi.ComponentResource):
    """One destination, and the queue that it is, if it is one."""

    arn: pulumi.Output[str]
    waiting_queue: pulumi.Output[str] | None
    """Name of the queue in which the messages wait, its own or a given one; None where nothing waits."""

    def __init__(self, name: str, args: AsyncDestinationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:AsyncDestination", name, {}, opts)
        if args.given_arn is None:
            queue = MessageQueue(
                name, MessageQueueArgs(queue_name=args.queue_name), opts=pulumi.ResourceOptions(parent=self)
            )
            self.arn, self.waiting_queue = queue.arn, queue.queue_name
        else:
            service, queue_name = args.given_arn.split(":")[2], args.given_arn.rpartition(":")[2]
            self.arn = pulumi.Output.from_input(args.given_arn)
            self.waiting_queue = pulumi.Output.from_input(queue_name) if service == "sqs" else None
        self.register_outputs({"arn": self.arn})
