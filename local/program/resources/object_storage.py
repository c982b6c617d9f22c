"""Makes S3 buckets and their policies. Other settings (encryption, public access block) are declared only."""

from local.program.resources.creation import Cloud, Created, Inputs, declared_only


def _bucket(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    bucket = str(inputs.get("bucket") or name).lower()
    cloud.client("s3").create_bucket(Bucket=bucket)
    return bucket, {"arn": f"arn:aws:s3:::{bucket}", "bucket": bucket}


def _bucket_policy(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    cloud.client("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])
    return name, {}


CREATORS = {
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": declared_only,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": declared_only,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": declared_only,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": declared_only,
    "aws:s3/bucketVersioning:BucketVersioning": declared_only,
}
