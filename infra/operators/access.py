"""OperatorAccess: what whoever runs `python -m ops` needs, for the named principals and no one else.

A collection wants both halves: the data access policy names the principals, the IAM policy is theirs to attach.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.names import bounded_name
from infra.rights import statements as policies
from infra.search.target import SearchTarget
from infra.source.feeds import StreamSource


@dataclass(frozen=True, kw_only=True)
class Resending:
    """Where requests of an asynchronous service are sent again, and the table that says what became of them."""

    request_queue_arn: pulumi.Input[str]
    status_table_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class OperatorAccessArgs:
    """Who, and everything that the commands reach. `buckets` are the failure destinations that are buckets."""

    principals: Sequence[str]
    target: SearchTarget
    indexes: Sequence[str]
    table_arn: pulumi.Input[str]
    sources: Sequence[StreamSource]
    queues: Sequence[pulumi.Input[str]]
    buckets: Sequence[pulumi.Input[str]]
    mappings: Sequence[pulumi.Input[str]]
    backfill_function_arn: pulumi.Input[str]
    resending: Resending | None


class OperatorAccess(pulumi.ComponentResource):
    """Nothing where no principal is named."""

    exports: Mapping[str, pulumi.Output[str]]
    """`operator_policy_arn` where somebody is named, otherwise nothing."""

    def __init__(self, name: str, args: OperatorAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:OperatorAccess", name, {}, opts)
        self.exports = self._declare(name, args) if args.principals else {}
        self.register_outputs(dict(self.exports))

    def _declare(self, name: str, args: OperatorAccessArgs) -> Mapping[str, pulumi.Output[str]]:
        child = pulumi.ResourceOptions(parent=self)
        collection = args.target.collection
        aws.opensearch.ServerlessAccessPolicy(
            f"{name}-access",
            name=bounded_name(f"{collection}-{name}", limit=32),
            type="data",
            policy=json.dumps(
                [
                    policies.index_access(collection, args.indexes, policies.REPAIR_DOCUMENTS, args.principals),
                    policies.index_access(collection, [policies.PROBE_INDEXES], policies.PROBE_INDEX, args.principals),
                ]
            ),
            opts=child,
        )
        policy = aws.iam.Policy(
            f"{name}-policy",
            description=f"The commands of `python -m ops` on collection {collection} and its table",
            policy=_statements(args).apply(lambda statements: json.dumps(policies.document(statements))),
            opts=child,
        )
        return {"operator_policy_arn": policy.arn}


def _statements(args: OperatorAccessArgs) -> pulumi.Output[list[policies.Statement]]:
    return pulumi.Output.all(
        table=args.table_arn,
        collection=args.target.collection_arn,
        sources=[source.arn for source in args.sources],
        queues=args.queues,
        buckets=args.buckets,
        mappings=args.mappings,
        function=args.backfill_function_arn,
        requests=args.resending.request_queue_arn if args.resending else None,
        statuses=args.resending.status_table_arn if args.resending else None,
    ).apply(
        lambda arn: [
            policies.compare_table(arn["table"]),
            policies.use_collection(arn["collection"]),
            *(source.reread(stream) for source, stream in zip(args.sources, arn["sources"], strict=True)),
            *(policies.settle_messages(queue) for queue in arn["queues"]),
            *(statement for bucket in arn["buckets"] for statement in policies.settle_failures(bucket)),
            *(policies.look_at_mapping(mapping) for mapping in arn["mappings"]),
            policies.invoke_function(arn["function"]),
            *([policies.send_messages(arn["requests"])] if arn["requests"] else []),
            *([policies.read_statuses(arn["statuses"])] if arn["statuses"] else []),
        ]
    )
