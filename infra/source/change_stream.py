"""ChangeStream: the Kinesis data stream that DynamoDB replicates the table's changes to."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.kit import Kit
from infra.source.settings import StreamSettings


class ChangeStream(pulumi.ComponentResource):
    """An encrypted stream. With AWS's key, neither DynamoDB's nor Lambda's roles need rights on it."""

    stream_name: pulumi.Output[str]
    stream_arn: pulumi.Output[str]

    def __init__(self, name: str, kit: Kit, own: StreamSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ChangeStream", name, {}, opts)
        stream = aws.kinesis.Stream(
            name,
            name=kit.physical(own.name),
            stream_mode_details={"stream_mode": "PROVISIONED" if own.mode == "provisioned" else "ON_DEMAND"},
            shard_count=own.shard_count,
            retention_period=own.retention_hours,
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            opts=pulumi.ResourceOptions(parent=self, protect=kit.protect),
        )
        self.stream_name = stream.name
        self.stream_arn = stream.arn
        self.register_outputs({"stream_name": self.stream_name, "stream_arn": self.stream_arn})
