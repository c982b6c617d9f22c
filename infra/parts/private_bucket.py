"""PrivateBucket: a bucket that is closed, encrypted, and forgets.

Without versions, on purpose: a version would keep what is meant to be forgotten.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.rights import statements as policies


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """What is below the prefix goes after so many days; the empty prefix is everything.

    With `protect` Pulumi refuses to delete the bucket, without it the bucket goes with what is in it.
    """

    forget_prefix: str
    forget_days: int
    protect: bool


class PrivateBucket(pulumi.ComponentResource):
    """A bucket that nobody reaches without a right of his own. Its name is Pulumi's: buckets are global."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    writable: pulumi.Resource
    """For `depends_on`: when this is there, the bucket is closed to everybody else."""

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
            policy=bucket.arn.apply(lambda arn: json.dumps(policies.tls_only_bucket(arn))),
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
