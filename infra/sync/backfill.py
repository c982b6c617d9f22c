"""Replication: the function that `ops backfill` drives, which copies the table into an index while changes go on.

It has no mapping: nothing but an operator's command invokes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.base.names import bounded_name
from infra.parts.image_function import FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.rights import statements as policies
from infra.search.target import SearchTarget


@dataclass(frozen=True, kw_only=True)
class ReplicationTarget:
    """One consumer's index, by its plain name and from the resource that creates it, and its dead-letter queue."""

    index_name: str
    index: pulumi.Input[str]
    dead_letter_queue_url: pulumi.Input[str]
    dead_letter_queue_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class ReplicationArgs:
    """The function, the table that it reads, and what it may write to, by consumer."""

    function: FunctionSpec
    table_name: pulumi.Input[str]
    table_arn: pulumi.Input[str]
    target: SearchTarget
    consumers: Mapping[str, ReplicationTarget]


class Replication(pulumi.ComponentResource):
    """A function with a role of its own: the only one that may scan the table and write to every index."""

    function_name: pulumi.Output[str]
    function_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:Replication", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=args.function,
                description="Copies the table into an index, a segment at a time, for `ops backfill`",
                environment={
                    "OPENSEARCH_ENDPOINT": args.target.endpoint,
                    "TABLE_NAME": args.table_name,
                    "CONSUMERS": _consumers(args),
                },
                statements=pulumi.Output.all(
                    table=args.table_arn,
                    collection=args.target.collection_arn,
                    queues=[consumer.dead_letter_queue_arn for consumer in args.consumers.values()],
                ).apply(
                    lambda arn: [
                        policies.scan_table(arn["table"]),
                        policies.use_collection(arn["collection"]),
                        *(policies.send_messages(queue) for queue in arn["queues"]),
                    ]
                ),
                network=args.target.network,
            ),
            opts=child,
        )
        aws.opensearch.ServerlessAccessPolicy(
            f"{name}-access",
            name=bounded_name(f"{args.target.collection}-{name}", limit=32),
            type="data",
            policy=function.role_arn.apply(lambda role: json.dumps(_access(args, role))),
            opts=child,
        )
        self.function_name = function.function_name
        self.function_arn = function.function_arn
        self.register_outputs({"function_name": self.function_name, "function_arn": self.function_arn})


def _consumers(args: ReplicationArgs) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            name: {"index": consumer.index, "parking_queue_url": consumer.dead_letter_queue_url}
            for name, consumer in args.consumers.items()
        }
    )


def _access(args: ReplicationArgs, role_arn: str) -> list[dict[str, Any]]:
    indexes = [consumer.index_name for consumer in args.consumers.values()]
    return [policies.index_access(args.target.collection, indexes, policies.WRITE_DOCUMENTS, [role_arn])]
