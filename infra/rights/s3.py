"""Rights on S3 buckets and objects."""

from __future__ import annotations

from infra.rights.documents import Document, Statement, allow, tls_only

# Lambda's keys for failed invocations are aws/lambda/<mapping id>/..., and the mapping has no id before it has the
# right: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
_FAILURES = "aws/lambda/*"


def write_objects(bucket_arn: str, prefix: str) -> Statement:
    """Allows new objects below the prefix."""
    return allow(["s3:PutObject"], f"{bucket_arn}/{prefix}*")


def read_objects(bucket_arn: str, prefix: str) -> Statement:
    """Allows to read objects below the prefix by their keys. Without listing, S3 reports a missing key as forbidden."""
    return allow(["s3:GetObject"], f"{bucket_arn}/{prefix}*")


def list_bucket(bucket_arn: str) -> Statement:
    """Allows to list a bucket's keys."""
    return allow(["s3:ListBucket"], bucket_arn)


def write_failures(bucket_arn: str) -> Statement:
    """Allows Lambda to keep failed invocations; it needs `list_bucket` too."""
    return allow(["s3:PutObject"], f"{bucket_arn}/{_FAILURES}")


def settle_failures(bucket_arn: str) -> Statement:
    """Lets `ops redrive` read and delete failed invocations; it needs `list_bucket` too."""
    return allow(["s3:DeleteObject", "s3:GetObject"], f"{bucket_arn}/{_FAILURES}")


def bucket_tls_only(bucket_arn: str) -> Document:
    """Refuses every call to the bucket or its objects that is not encrypted on its way."""
    return tls_only("s3:*", [bucket_arn, f"{bucket_arn}/*"])
