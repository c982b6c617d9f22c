"""PrivateBucket: a bucket that is closed, encrypted, and forgets.

Without versions, on purpose: a version would keep what is meant to be forgotten.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.rights import s3
from infra.rights.documents import Statement, in_partition_of


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """What is below the prefix goes after so many days; the empty prefix is everything.

    With `protect` Pulumi refuses to delete the bucket, without it the bucket goes with what is in it.
    """

    forget_prefix: str
    forget_days: int
    protect: bool


class PrivateBucket(pulumi.ComponentResource):
    """A bucket without public access: every reader and writer needs a permission. Pulumi chooses its unique name."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    writable: pulumi.Resource
    """For `depends_on`: after this the bucket is closed to everybody else."""

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:PrivateBucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        self.writable = aws.s3.BucketPolicy(
            f"{name}-tls",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(lambda arn: json.dumps(s3.bucket_tls_only(arn))),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),  # S3 takes one of the two at a time
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "forget",
                    "status": "Enabled",
                    "filter": {"prefix": args.forget_prefix},
                    "expiration": {"days": args.forget_days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            opts=child,
        )
        self.arn = bucket.arn
        self.name = bucket.bucket
        self.register_outputs({"arn": self.arn, "name": self.name})

    @property
    def may_write_failures(self) -> Sequence[pulumi.Output[Statement]]:
        """Lets Lambda keep failed invocations in it."""
        return [self.arn.apply(s3.write_failures), self.arn.apply(s3.list_bucket)]

    @property
    def may_settle_failures(self) -> Sequence[pulumi.Output[Statement]]:
        """Lets an operator read and remove failed invocations."""
        return [self.arn.apply(s3.settle_failures), self.arn.apply(s3.list_bucket)]

    def may_write(self, prefix: str) -> pulumi.Output[Statement]:
        """Allows new objects below the prefix."""
        return self.arn.apply(lambda arn: s3.write_objects(arn, prefix))

    def may_read_of(self, bucket: str, prefix: str) -> pulumi.Output[Statement]:
        """Allows to read objects of another bucket of the same partition, by their keys, below the prefix."""
        return self.arn.apply(lambda arn: s3.read_objects(in_partition_of(arn, f"s3:::{bucket}"), prefix))

    def may_read(self, prefix: str) -> pulumi.Output[Statement]:
        """Allows to read objects below the prefix by their keys."""
        return self.arn.apply(lambda arn: s3.read_objects(arn, prefix))
