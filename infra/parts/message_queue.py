"""MessageQueue: an SQS queue as every queue of this stack is: standard, encrypted at rest and on its way, patient.

Standard is the only kind that Lambda takes as a destination.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.rights import sqs
from infra.rights.documents import Statement

LONGEST_RETENTION_SECONDS = 14 * 24 * 3600  # the longest that SQS keeps a message
LARGEST_MESSAGE_BYTES = (
    1_048_576  # a parked record goes in whole: DynamoDB's largest item is 400 KiB, base64 in JSON more
)
_VISIBILITY_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """The queue that a message goes to when it was received so often and never deleted.

    It keeps a message until the message's own age ends, so its retention must be longer than that of the queue before
    it: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    """

    queue_arn: pulumi.Input[str]
    most_receives: int


@dataclass(frozen=True, kw_only=True)
class MessageQueueArgs:
    """The queue's name in AWS; by default it keeps messages of any size as long as SQS does, and hands out at once."""

    queue_name: str
    retention_seconds: int = LONGEST_RETENTION_SECONDS
    largest_message_bytes: int = LARGEST_MESSAGE_BYTES
    visibility_seconds: int = _VISIBILITY_SECONDS
    delay_seconds: int = 0
    dead_letters: DeadLetters | None = None


class MessageQueue(pulumi.ComponentResource):
    """A queue that refuses calls in plain text."""

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    queue_name: pulumi.Output[str]

    def __init__(self, name: str, args: MessageQueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:MessageQueue", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue = aws.sqs.Queue(
            name,
            name=args.queue_name,
            message_retention_seconds=args.retention_seconds,
            max_message_size=args.largest_message_bytes,
            visibility_timeout_seconds=args.visibility_seconds,
            delay_seconds=args.delay_seconds,
            redrive_policy=_redrive_policy(args.dead_letters),
            sqs_managed_sse_enabled=True,
            # As a function: another name is another queue, made first, or the API's deployment would have to go before.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        aws.sqs.QueuePolicy(
            f"{name}-tls",
            queue_url=queue.url,
            policy=queue.arn.apply(lambda arn: json.dumps(sqs.queue_tls_only(arn))),
            opts=child,
        )
        self.url = queue.url
        self.arn = queue.arn
        self.queue_name = queue.name
        self.register_outputs({"url": self.url, "arn": self.arn, "queue_name": self.queue_name})

    @property
    def may_send(self) -> pulumi.Output[Statement]:
        """Allows to send to it."""
        return self.arn.apply(sqs.send_messages)

    @property
    def may_settle(self) -> pulumi.Output[Statement]:
        """Lets an operator empty it."""
        return self.arn.apply(sqs.settle_messages)

    @property
    def may_resend(self) -> pulumi.Output[Statement]:
        """Lets an operator send to it, and see how many messages wait."""
        return self.arn.apply(sqs.send_and_count_messages)

    @property
    def may_take(self) -> pulumi.Output[Statement]:
        """Lets a pipe or an event source mapping read it."""
        return self.arn.apply(sqs.take_messages)

    @property
    def may_move_back(self) -> pulumi.Output[Statement]:
        """Lets an operator move dead letters back to the queue that they came from, which they must be let send to."""
        return self.arn.apply(sqs.move_messages_back)


def _redrive_policy(dead_letters: DeadLetters | None) -> pulumi.Output[str] | None:
    if dead_letters is None:
        return None
    return pulumi.Output.json_dumps(
        {"deadLetterTargetArn": dead_letters.queue_arn, "maxReceiveCount": dead_letters.most_receives}
    )
