"""Makes S3 buckets. Their settings (encryption, public access block, life cycle) are declared only."""

from local.program.resources.creation import Cloud, Created, Inputs, declared_only


def _bucket(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    bucket = str(inputs.get("bucket") or name).lower()
    cloud.client("s3").create_bucket(Bucket=bucket)
    return bucket, {"arn": f"arn:aws:s3:::{bucket}", "bucket": bucket}


CREATORS = {
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": declared_only,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": declared_only,
    "aws:s3/bucketPolicy:BucketPolicy": declared_only,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": declared_only,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": declared_only,
    "aws:s3/bucketVersioning:BucketVersioning": declared_only,
}
