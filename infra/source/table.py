"""SourceTable: the DynamoDB table, its own stream, and its replication to Kinesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.base.alarm import AlarmLimits
from infra.source.alarms import ReplicationAlarms, ReplicationAlarmsArgs


@dataclass(frozen=True, kw_only=True)
class SourceTableArgs:
    """The table; capacities, in units a second, only where billing is provisioned."""

    table_name: str
    billing: Literal["on-demand", "provisioned"]
    read_capacity: int | None
    write_capacity: int | None
    point_in_time_recovery: bool
    deletion_protection: bool
    change_stream_arn: pulumi.Input[str]
    protect: bool
    alarms: AlarmLimits


class SourceTable(pulumi.ComponentResource):
    """A table with the key `id`, both change feeds on."""

    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]

    def __init__(self, name: str, args: SourceTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:SourceTable", name, {}, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=args.protect)
        table = aws.dynamodb.Table(
            name,
            name=args.table_name,
            attributes=[{"name": "id", "type": "S"}],
            hash_key="id",
            billing_mode="PROVISIONED" if args.billing == "provisioned" else "PAY_PER_REQUEST",
            read_capacity=args.read_capacity,
            write_capacity=args.write_capacity,
            stream_enabled=True,
            stream_view_type="NEW_IMAGE",
            server_side_encryption={"enabled": True},
            point_in_time_recovery={"enabled": args.point_in_time_recovery},
            deletion_protection_enabled=args.deletion_protection,
            opts=protected,
        )
        # Every change of this resource replaces it, and what is written meanwhile never reaches Kinesis: hence
        # the protection. Milliseconds would let two changes of one item tie.
        aws.dynamodb.KinesisStreamingDestination(
            f"{name}-destination",
            table_name=table.name,
            stream_arn=args.change_stream_arn,
            approximate_creation_date_time_precision="MICROSECOND",
            opts=protected,
        )
        ReplicationAlarms(
            f"{name}-alarms",
            ReplicationAlarmsArgs(table_name=table.name, limits=args.alarms),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.table_name = table.name
        self.table_arn = table.arn
        self.stream_arn = table.stream_arn
        self.register_outputs(
            {"table_name": self.table_name, "table_arn": self.table_arn, "stream_arn": self.stream_arn}
        )
