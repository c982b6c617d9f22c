"""DeadLetterQueue: where a consumer parks records that can't succeed, and where Lambda reports batches it gave up."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies

RETENTION_SECONDS = 14 * 24 * 3600  # the longest that SQS keeps a message
MAX_MESSAGE_BYTES = 1_048_576  # a parked record goes in whole: DynamoDB's largest item is 400 KiB, base64 in JSON more


@dataclass(frozen=True, kw_only=True)
class DeadLetterQueueArgs:
    """The queue's name in AWS."""

    queue_name: str


class DeadLetterQueue(pulumi.ComponentResource):
    """A standard queue, the only kind that Lambda takes; encrypted at rest and on its way."""

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    queue_name: pulumi.Output[str]

    def __init__(self, name: str, args: DeadLetterQueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:DeadLetterQueue", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue = aws.sqs.Queue(
            name,
            name=args.queue_name,
            message_retention_seconds=RETENTION_SECONDS,
            max_message_size=MAX_MESSAGE_BYTES,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        aws.sqs.QueuePolicy(
            f"{name}-tls",
            queue_url=queue.url,
            policy=queue.arn.apply(lambda arn: json.dumps(policies.tls_only_queue(arn))),
            opts=child,
        )
        self.url = queue.url
        self.arn = queue.arn
        self.queue_name = queue.name
        self.register_outputs({"url": self.url, "arn": self.arn, "queue_name": self.queue_name})
