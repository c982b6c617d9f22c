"""Makes the role that the API takes to send to a queue."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra.parts.message_queue import MessageQueue
from infra.rights.documents import assume_role, policy_of


def sender_role(name: str, queue: MessageQueue, *, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Returns the ARN of a role that may send to the queue and nothing else, once its policy is attached."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-role", assume_role_policy=json.dumps(assume_role("apigateway.amazonaws.com")), opts=child
    )
    policy = aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy_of([queue.may_send]), opts=child)
    return pulumi.Output.all(role.arn, policy.id).apply(lambda known: str(known[0]))
