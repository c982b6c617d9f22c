"""QueuePipe: hands each message of a queue to a function and doesn't wait for it.

Without waiting, Lambda's own retries and destinations act; a queue as an event source of the function would bring
neither. One message an invocation, so that one request succeeds or fails. What the pipe can't hand over (a missing
right, a missing function) is tried until the queue's own limit of receives:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.parts.image_function import ImageFunction
from infra.parts.message_queue import MessageQueue
from infra.rights.documents import assume_role_for, policy_of

# A pipe's execution takes 5 minutes at most, an asynchronous invocation milliseconds; a message that a broken pipe has
# taken is back after this: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
VISIBILITY_SECONDS = 60


class QueuePipe(pulumi.ComponentResource):
    """A pipe whose role may read this queue and invoke this function. No other pipe can take the role."""

    pipe_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        pipe_name: str,
        queue: MessageQueue,
        function: ImageFunction,
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`after` must exist before the first message is handed over."""
        super().__init__("driftless:index:QueuePipe", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=queue.arn.apply(
                lambda arn: json.dumps(assume_role_for("pipes.amazonaws.com", _pipe_arn(pipe_name, arn)))
            ),
            opts=child,
        )
        # A pipe reads its source when it is made, the provider doesn't try again while IAM still spreads the right, and
        # a pipe that failed stays under its name (hashicorp/terraform-provider-aws, issue 40572). The function takes
        # minutes: this right doesn't wait for it.
        reading = aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy_of([queue.may_take]), opts=child)
        invoking = aws.iam.RolePolicy(
            f"{name}-invocation-policy", role=role.name, policy=policy_of([function.may_invoke]), opts=child
        )
        pipe = aws.pipes.Pipe(
            name,
            name=pipe_name,
            description="Hands each request over and lets Lambda retry",
            desired_state="RUNNING",
            role_arn=role.arn,
            source=queue.arn,
            source_parameters={"sqs_queue_parameters": {"batch_size": 1, "maximum_batching_window_in_seconds": 0}},
            target=function.function_arn,
            target_parameters={"lambda_function_parameters": {"invocation_type": "FIRE_AND_FORGET"}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[reading, invoking, *after]),
        )
        self.pipe_name = pipe.name
        self.register_outputs({"pipe_name": self.pipe_name})


def _pipe_arn(pipe_name: str, queue_arn: str) -> str:
    """Returns the pipe's ARN: it is in the region and account of its queue."""
    _, partition, _, region, account, _ = queue_arn.split(":")
    return f"arn:{partition}:pipes:{region}:{account}:pipe/{pipe_name}"
