"""StatusTable: what became of each request. It needs no backup: what it forgets can be computed again."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.kit import Kit
from infra.rights import dynamodb
from infra.rights.documents import Statement


class StatusTable:
    """A table whose items expire."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, logical_name: str, kit: Kit, table_name: str, *, parent: pulumi.Resource) -> None:
        table = aws.dynamodb.Table(
            logical_name,
            name=table_name,
            attributes=[{"name": "request_id", "type": "S"}],
            hash_key="request_id",
            billing_mode="PAY_PER_REQUEST",
            ttl={"attribute_name": "expires_at", "enabled": True},
            stream_enabled=False,
            server_side_encryption={"enabled": True},
            point_in_time_recovery={"enabled": False},
            deletion_protection_enabled=kit.protect,
            opts=pulumi.ResourceOptions(parent=parent, protect=kit.protect),
        )
        self.name, self.arn = table.name, table.arn

    @property
    def may_keep(self) -> pulumi.Output[Statement]:
        """Lets the function put statuses."""
        return self.arn.apply(dynamodb.keep_statuses)

    @property
    def may_read(self) -> pulumi.Output[Statement]:
        """Allows to read one status."""
        return self.arn.apply(dynamodb.read_statuses)
