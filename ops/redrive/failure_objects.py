"""Lists the failure objects of a consumer's bucket page by page, reads each, deletes the settled ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

PREFIX = "aws/lambda/"
"""Lambda's keys are `aws/lambda/<mapping>/<shard>/...`. The bucket is one consumer's, and a mapping that was replaced
leaves its objects behind: so the objects of all mappings are read."""
KEYS_PER_DELETE = 1_000


@dataclass(frozen=True, kw_only=True)
class FailureObjects:
    """One bucket by a boto3 `s3` client."""

    client: Any
    bucket: str

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yields key and content of each object, in the order of keys; an object deleted meanwhile is left out."""
        start: dict[str, str] = {}
        while True:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=PREFIX, **start)
            for each in page.get("Contents", []):
                try:
                    yield each["Key"], self.client.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read()
                except ClientError as error:
                    if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
                        raise
            if not page.get("IsTruncated"):
                return
            start = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, keys: Sequence[str]) -> set[str]:
        """Deletes settled objects. Returns those that S3 did not delete."""
        failed: set[str] = set()
        for start in range(0, len(keys), KEYS_PER_DELETE):
            part = [{"Key": key} for key in keys[start : start + KEYS_PER_DELETE]]
            answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": part, "Quiet": True})
            failed |= {each["Key"] for each in answer.get("Errors", [])}
        return failed
