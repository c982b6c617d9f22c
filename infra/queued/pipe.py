"""AsyncPipe: hands each message of a queue to a function and doesn't wait for it.

Without waiting, Lambda's own retries and destinations act; a queue as an event source of the function would bring
neither. One message an invocation, so that one request succeeds or fails. What the pipe can't hand over (a missing
right, a missing function) is tried until the queue's own limit of receives:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.rights import statements as policies

# A pipe's execution takes 5 minutes at most, an asynchronous invocation milliseconds; a message that a broken pipe has
# taken is back after this: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
VISIBILITY_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class AsyncPipeArgs:
    """From where, to what. `after` must be there before the first message is handed over."""

    pipe_name: str
    queue_arn: pulumi.Input[str]
    function_arn: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class AsyncPipe(pulumi.ComponentResource):
    """A pipe with a role that may read this queue and invoke this function, and nobody else's pipe may take."""

    pipe_name: pulumi.Output[str]

    def __init__(self, name: str, args: AsyncPipeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:AsyncPipe", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue_arn = pulumi.Output.from_input(args.queue_arn)
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=queue_arn.apply(
                lambda arn: json.dumps(policies.assume_role_for("pipes.amazonaws.com", _pipe_arn(args.pipe_name, arn)))
            ),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=pulumi.Output.all(queue=queue_arn, function=args.function_arn).apply(
                lambda arn: json.dumps(
                    policies.document([policies.take_messages(arn["queue"]), policies.invoke_function(arn["function"])])
                )
            ),
            opts=child,
        )
        pipe = aws.pipes.Pipe(
            name,
            name=args.pipe_name,
            description="Hands each request over and lets Lambda retry",
            desired_state="RUNNING",
            role_arn=role.arn,
            source=queue_arn,
            source_parameters={"sqs_queue_parameters": {"batch_size": 1, "maximum_batching_window_in_seconds": 0}},
            target=args.function_arn,
            target_parameters={"lambda_function_parameters": {"invocation_type": "FIRE_AND_FORGET"}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, *args.after]),
        )
        self.pipe_name = pipe.name
        self.register_outputs({"pipe_name": self.pipe_name})


def _pipe_arn(pipe_name: str, queue_arn: str) -> str:
    """A pipe is in the region and account of its queue."""
    _, partition, _, region, account, _ = queue_arn.split(":")
    return f"arn:{partition}:pipes:{region}:{account}:pipe/{pipe_name}"
