"""SearchCollection: the OpenSearch Serverless collection and the policies that must be there before it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.kit import Kit
from infra.rights import aoss
from infra.search.access import grant
from infra.search.settings import CollectionSettings
from infra.search.target import SearchTarget


class SearchCollection(pulumi.ComponentResource):
    """A collection of type SEARCH. The default type accepts no document ids, so documents could not be updated."""

    endpoint: pulumi.Output[str]
    dashboards_url: pulumi.Output[str]
    target: SearchTarget

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: CollectionSettings,
        *,
        readable_indexes: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:SearchCollection", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        collection_name = kit.physical(own.name)
        encryption_policy = aws.opensearch.ServerlessSecurityPolicy(
            f"{name}-encryption",
            name=collection_name,  # names are unique per kind of policy, so each kind may have the collection's
            type="encryption",
            policy=json.dumps(aoss.encryption(collection_name)),
            opts=child,
        )
        network_policy = aws.opensearch.ServerlessSecurityPolicy(
            f"{name}-network",
            name=collection_name,
            type="network",
            policy=pulumi.Output.from_input(_endpoint_id(name, collection_name, own, parent=self)).apply(
                lambda endpoint: json.dumps(aoss.network(collection_name, endpoint_id=endpoint))
            ),
            opts=child,
        )
        collection = aws.opensearch.ServerlessCollection(
            name,
            name=collection_name,
            type="SEARCH",
            standby_replicas="ENABLED" if own.standby_replicas else "DISABLED",
            # Its standby replicas can't be changed, only those of a new collection, and that has the same name:
            # https://docs.aws.amazon.com/opensearch-service/latest/ServerlessAPIReference/API_UpdateCollection.html
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=kit.protect,
                depends_on=[encryption_policy, network_policy],
                delete_before_replace=True,
            ),
        )
        if own.reader_arns:
            reading = aoss.on_indexes(collection_name, readable_indexes, aoss.READ_DOCUMENTS)
            grant("readers", collection_name, own.reader_arns, [reading], parent=self)
        self.endpoint = collection.collection_endpoint
        self.dashboards_url = collection.dashboard_endpoint
        self.target = SearchTarget(
            collection=collection_name,
            collection_arn=collection.arn,
            endpoint=collection.collection_endpoint,
            network=own.network.of_functions,
        )
        self.register_outputs({"endpoint": self.endpoint, "dashboards_url": self.dashboards_url})


def _endpoint_id(
    name: str, collection_name: str, own: CollectionSettings, *, parent: pulumi.Resource
) -> pulumi.Input[str | None]:
    network, vpc_id = own.network.of_functions, own.network.vpc_id
    if network is None or vpc_id is None or own.network.vpc_endpoint_id:
        return own.network.vpc_endpoint_id
    return aws.opensearch.ServerlessVpcEndpoint(
        f"{name}-endpoint",
        name=collection_name,
        vpc_id=vpc_id,
        subnet_ids=list(network.subnet_ids),
        security_group_ids=list(network.security_group_ids),
        # The provider changes neither name nor VPC, and doesn't replace for them either: in the source of
        # aws_opensearchserverless_vpc_endpoint no attribute is RequiresReplace. Another VPC is another endpoint of
        # the same name.
        opts=pulumi.ResourceOptions(parent=parent, replace_on_changes=["name", "vpc_id"], delete_before_replace=True),
    ).id
