"""FailureBucket: keeps the whole invocation that Lambda gave up on, where a queue would hold only its place."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies

RETENTION_DAYS = 14  # as long as the queue beside it


@dataclass(frozen=True, kw_only=True)
class FailureBucketArgs:
    """Whether Pulumi refuses to delete the bucket."""

    protect: bool


class FailureBucket(pulumi.ComponentResource):
    """A private, encrypted bucket that forgets after two weeks. Its name is Pulumi's: buckets are global."""

    arn: pulumi.Output[str]
    writable: pulumi.Resource
    """For `depends_on`: when this is there, the bucket is closed to everybody else."""

    def __init__(self, name: str, args: FailureBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:FailureBucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, opts=pulumi.ResourceOptions(parent=self, protect=args.protect))
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
                    "filter": {"prefix": ""},
                    "expiration": {"days": RETENTION_DAYS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            opts=child,
        )
        self.arn = bucket.arn
        self.register_outputs({"arn": self.arn})
