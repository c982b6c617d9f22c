"""SourceTable: the DynamoDB table, its stream, and its replication to Kinesis."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.kit import Kit
from infra.rights import dynamodb
from infra.rights.documents import Statement
from infra.source.settings import TableSettings


class SourceTable(pulumi.ComponentResource):
    """A table with the key `id`, both change feeds on."""

    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: TableSettings,
        *,
        change_stream_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:SourceTable", name, {}, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=kit.protect)
        table = aws.dynamodb.Table(
            name,
            name=kit.physical(own.name),
            attributes=[{"name": "id", "type": "S"}],
            hash_key="id",
            billing_mode="PROVISIONED" if own.billing == "provisioned" else "PAY_PER_REQUEST",
            read_capacity=own.read_capacity,
            write_capacity=own.write_capacity,
            stream_enabled=True,
            stream_view_type="NEW_IMAGE",
            server_side_encryption={"enabled": True},
            point_in_time_recovery={"enabled": own.point_in_time_recovery},
            deletion_protection_enabled=own.deletion_protection,
            opts=protected,
        )
        # Every change of this resource replaces it, and what is written meanwhile never reaches Kinesis: hence
        # the protection. A table has one destination, so the old one has to go first (hashicorp/terraform-provider-aws,
        # issue 49342). Milliseconds would let two changes of one item tie.
        aws.dynamodb.KinesisStreamingDestination(
            f"{name}-destination",
            table_name=table.name,
            stream_arn=change_stream_arn,
            approximate_creation_date_time_precision="MICROSECOND",
            opts=pulumi.ResourceOptions.merge(protected, pulumi.ResourceOptions(delete_before_replace=True)),
        )
        self.table_name = table.name
        self.table_arn = table.arn
        self.stream_arn = table.stream_arn
        self.register_outputs(
            {"table_name": self.table_name, "table_arn": self.table_arn, "stream_arn": self.stream_arn}
        )

    @property
    def may_reread(self) -> pulumi.Output[Statement]:
        """Lets the sync read items again."""
        return self.table_arn.apply(dynamodb.reread_items)

    @property
    def may_scan(self) -> pulumi.Output[Statement]:
        """Lets a backfill read all of it."""
        return self.table_arn.apply(dynamodb.scan_table)

    @property
    def may_compare(self) -> pulumi.Output[Statement]:
        """Lets an operator compare it with an index."""
        return self.table_arn.apply(dynamodb.compare_table)

    @property
    def may_write_smoke_items(self) -> pulumi.Output[Statement]:
        """Lets an operator write items of a smoke test, and no others."""
        return self.table_arn.apply(dynamodb.write_smoke_items)

    @property
    def may_serve(self) -> pulumi.Output[Statement]:
        """Lets the API's function read and write items."""
        return self.table_arn.apply(dynamodb.serve_items)
