"""Rights on SQS queues."""

from __future__ import annotations

from infra.rights.documents import Document, Statement, allow, tls_only


def send_messages(queue_arn: str) -> Statement:
    """Allows to send to the queue."""
    return allow(["sqs:SendMessage"], queue_arn)


def take_messages(queue_arn: str) -> Statement:
    """Allows what a pipe, or Lambda for a function, needs of the queue that it reads.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html#pipes-perms-sqs
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    return allow(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue_arn)


def settle_messages(queue_arn: str) -> Statement:
    """Lets `ops redrive` count, receive, hold, delete and give back messages. It sends none."""
    return allow(
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue_arn
    )


def send_and_count_messages(queue_arn: str) -> Statement:
    """Lets `ops resend` send requests again, and `ops smoke` see whether any wait. It takes none."""
    return allow(["sqs:GetQueueAttributes", "sqs:SendMessage"], queue_arn)


def move_messages_back(queue_arn: str) -> Statement:
    """Lets an operator move all messages of a dead-letter queue back, by SQS itself, and see how far that is.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    return allow(
        [
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ListMessageMoveTasks",
            "sqs:ReceiveMessage",
            "sqs:StartMessageMoveTask",
        ],
        queue_arn,
    )


def queue_tls_only(queue_arn: str) -> Document:
    """Refuses every call to the queue that is not encrypted on its way."""
    return tls_only("sqs:*", queue_arn)
