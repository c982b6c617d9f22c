"""InvocationDestination: where Lambda reports how an asynchronous invocation ended.

By default this is an SQS queue, because only a queue stores messages until someone reads them. A topic, an event bus or
a function is only as good as the subscribers, rules and code behind it, which belong to others: those are named by
their ARN, and so may be a queue that others read already.
"""

from __future__ import annotations

import pulumi

from infra.parts.message_queue import MessageQueue, MessageQueueArgs
from infra.queued.settings import QUEUE
from infra.rights import sqs
from infra.rights.documents import Statements


class InvocationDestination(pulumi.ComponentResource):
    """One destination, and the queue that it is, if it is one."""

    arn: pulumi.Output[str]
    waiting_queue: pulumi.Output[str] | None = None
    """Name of the queue in which the messages wait, this stack's or a given one; None where nothing waits."""

    def __init__(self, name: str, given: str, *, queue_name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        """`given` is an ARN, or `sqs` for a queue that is made under the name."""
        super().__init__("driftless:index:InvocationDestination", name, {}, opts)
        if given == QUEUE:
            args = MessageQueueArgs(queue_name=queue_name)
            queue = MessageQueue(name, args, opts=pulumi.ResourceOptions(parent=self))
            self.arn, self.waiting_queue = queue.arn, queue.queue_name
        else:
            self.arn = pulumi.Output.from_input(given)
            if given.split(":")[2] == "sqs":
                self.waiting_queue = pulumi.Output.from_input(given.rpartition(":")[2])
        self.register_outputs({"arn": self.arn})

    @property
    def operator_rights(self) -> Statements:
        """Lets an operator empty the queue, where it is one."""
        return [self.arn.apply(sqs.settle_messages)] if self.waiting_queue is not None else []
