"""SearchCollection: the OpenSearch Serverless collection and the policies that must be there before it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.base.names import bounded_name
from infra.rights import statements as policies
from infra.search.target import FunctionNetwork, SearchTarget


@dataclass(frozen=True, kw_only=True)
class SearchCollectionArgs:
    """The collection, the network it is reached from, and who else may read which of its indexes.

    `vpc_id` and `network` only where access is private.
    """

    collection_name: str
    standby_replicas: bool
    access: Literal["public", "private"]
    vpc_id: str | None
    network: FunctionNetwork
    reader_arns: Sequence[str]
    readable_indexes: Sequence[str]
    protect: bool


class SearchCollection(pulumi.ComponentResource):
    """A collection of type SEARCH: the default type knows no document ids of one's own, hence no updates."""

    endpoint: pulumi.Output[str]
    dashboards_url: pulumi.Output[str]
    target: SearchTarget

    def __init__(self, name: str, args: SearchCollectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:SearchCollection", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        collection_name = args.collection_name
        network = args.network if args.access == "private" else None
        encryption_policy = aws.opensearch.ServerlessSecurityPolicy(
            f"{name}-encryption",
            name=collection_name,  # names are unique per kind of policy, so each kind may have the collection's
            type="encryption",
            policy=json.dumps(policies.collection_encryption(collection_name)),
            opts=child,
        )
        network_policy = aws.opensearch.ServerlessSecurityPolicy(
            f"{name}-network",
            name=collection_name,
            type="network",
            policy=pulumi.Output.from_input(_endpoint_id(name, args, network, parent=self)).apply(
                lambda endpoint: json.dumps(policies.collection_network(collection_name, endpoint_id=endpoint))
            ),
            opts=child,
        )
        collection = aws.opensearch.ServerlessCollection(
            name,
            name=collection_name,
            type="SEARCH",
            standby_replicas="ENABLED" if args.standby_replicas else "DISABLED",
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect, depends_on=[encryption_policy, network_policy]
            ),
        )
        if args.reader_arns:
            aws.opensearch.ServerlessAccessPolicy(
                f"{name}-readers",
                name=bounded_name(f"{collection_name}-readers", limit=32),
                type="data",
                policy=json.dumps(
                    [
                        policies.index_access(
                            collection_name, args.readable_indexes, policies.READ_DOCUMENTS, args.reader_arns
                        )
                    ]
                ),
                opts=child,
            )
        self.endpoint = collection.collection_endpoint
        self.dashboards_url = collection.dashboard_endpoint
        self.target = SearchTarget(
            collection=collection_name,
            collection_arn=collection.arn,
            endpoint=collection.collection_endpoint,
            network=network,
        )
        self.register_outputs({"endpoint": self.endpoint, "dashboards_url": self.dashboards_url})


def _endpoint_id(
    name: str, args: SearchCollectionArgs, network: FunctionNetwork | None, *, parent: pulumi.Resource
) -> pulumi.Input[str | None]:
    if network is None or args.vpc_id is None:
        return None
    return aws.opensearch.ServerlessVpcEndpoint(
        f"{name}-endpoint",
        name=args.collection_name,
        vpc_id=args.vpc_id,
        subnet_ids=list(network.subnet_ids),
        security_group_ids=list(network.security_group_ids),
        opts=pulumi.ResourceOptions(parent=parent),
    ).id
