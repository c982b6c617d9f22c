"""ChangeStream: the Kinesis data stream that DynamoDB replicates the table's changes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ChangeStreamArgs:
    """The stream; a shard count only where the mode is provisioned."""

    stream_name: str
    mode: Literal["on-demand", "provisioned"]
    shard_count: int | None
    retention_hours: int
    protect: bool


class ChangeStream(pulumi.ComponentResource):
    """An encrypted stream; AWS's own key needs no rights of DynamoDB's or Lambda's roles."""

    stream_name: pulumi.Output[str]
    stream_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ChangeStreamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ChangeStream", name, {}, opts)
        stream = aws.kinesis.Stream(
            name,
            name=args.stream_name,
            stream_mode_details={"stream_mode": "PROVISIONED" if args.mode == "provisioned" else "ON_DEMAND"},
            shard_count=args.shard_count,
            retention_period=args.retention_hours,
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.stream_name = stream.name
        self.stream_arn = stream.arn
        self.register_outputs({"stream_name": self.stream_name, "stream_arn": self.stream_arn})
