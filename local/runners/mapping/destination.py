"""Delivers a given-up batch to the mapping's failure destination; raises when it can't, and the mapping tries again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.runners.mapping.batch import DiscardBatch
from local.runners.mapping.failure_record import failure_object, failure_object_key, failure_record
from local.runners.mapping.settings import MappingSettings

Deliver = Callable[[DiscardBatch, str, float], None]
"""(what to discard, shard id, epoch seconds now) → delivered, or an exception."""


@dataclass(frozen=True, kw_only=True)
class QueueDestination:
    """An SQS queue: gets metadata only, so the records must be read again from the stream before they expire there."""

    client: Any
    settings: MappingSettings
    queue_url: str

    def __call__(self, action: DiscardBatch, shard_id: str, now: float) -> None:
        """Sends one message for the batch."""
        record = failure_record(action, self.settings, shard_id, now)
        self.client.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(record))


@dataclass(frozen=True, kw_only=True)
class BucketDestination:
    """An S3 bucket: gets the metadata and the whole event."""

    client: Any
    settings: MappingSettings
    bucket: str

    def __call__(self, action: DiscardBatch, shard_id: str, now: float) -> None:
        """Puts one object for the batch."""
        body = json.dumps(failure_object(action, self.settings, shard_id, now), ensure_ascii=False)
        key = failure_object_key(self.settings, shard_id, now)
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body.encode(), ContentType="application/json")


def failure_destination(settings: MappingSettings, client: Callable[[str], Any]) -> Deliver | None:
    """Returns the destination that the mapping names, or None; `client` makes a boto3 client from a service's name.

    ValueError for an ARN that is neither SQS nor S3: the local stack has no other destination of stream mappings.
    """
    arn = settings.failure_destination_arn
    if arn is None:
        return None
    service, account, name = arn.split(":")[2], arn.split(":")[4], arn.split(":")[5]
    if service == "sqs":
        queues = client("sqs")
        url = f"{queues.meta.endpoint_url}/{account}/{name}"  # asking for it is a right that Lambda's users don't give
        return QueueDestination(client=queues, settings=settings, queue_url=url)
    if service == "s3":
        return BucketDestination(client=client("s3"), settings=settings, bucket=name)
    raise ValueError(f"failure destination {arn} of mapping {settings.uuid}: only SQS and S3 are emulated")
