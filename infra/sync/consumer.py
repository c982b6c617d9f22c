"""StreamConsumer: one container Lambda on one change feed, and everything that catches what it can't write.

Every option of the mapping is written out: leaving one out later would not reset it in AWS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.base.alarm import AlarmLimits
from infra.base.names import bounded_name
from infra.parts.image_function import FunctionSpec, ImageFunction, ImageFunctionArgs
from infra.parts.message_queue import MessageQueue, MessageQueueArgs
from infra.parts.private_bucket import PrivateBucket, PrivateBucketArgs
from infra.rights import statements as policies
from infra.search.target import SearchTarget
from infra.source.feeds import StreamSource
from infra.sync.alarms import ConsumerAlarms, ConsumerAlarmsArgs

FAILURE_DAYS = 14  # a bucket of failures keeps them as long as the queue beside it


@dataclass(frozen=True, kw_only=True)
class StreamConsumerArgs:
    """A consumer: image and size, feed, index, and how patient its mapping is.

    `index_name` is the plain name, for policies; `index` the same from the resource that creates it.
    """

    function: FunctionSpec
    reserved_concurrency: int | None
    source: StreamSource
    table_name: pulumi.Input[str]
    table_arn: pulumi.Input[str]
    target: SearchTarget
    index_name: str
    index: pulumi.Input[str]
    trust_seconds: int
    batch_size: int
    batching_window_seconds: int
    parallelization_factor: int
    maximum_retry_attempts: int
    maximum_record_age_seconds: int
    failure_destination: Literal["sqs", "s3"]
    protect: bool
    alarms: AlarmLimits


class StreamConsumer(pulumi.ComponentResource):
    """A function that reads one feed into one index, its mapping, its dead-letter queue and its alarms."""

    function_name: pulumi.Output[str]
    dead_letter_queue_url: pulumi.Output[str]
    dead_letter_queue_arn: pulumi.Output[str]
    failure_destination_arn: pulumi.Output[str]
    failure_bucket_arn: pulumi.Output[str] | None
    """The same, where it is a bucket."""
    mapping_uuid: pulumi.Output[str]
    mapping_arn: pulumi.Output[str]

    def __init__(self, name: str, args: StreamConsumerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:StreamConsumer", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue = MessageQueue(
            f"{name}-dead-letters",
            MessageQueueArgs(queue_name=f"{args.function.function_name}-dead-letters"),
            opts=child,
        )
        # A queue is told where the batch was, a bucket gets the batch.
        bucket = (
            PrivateBucket(
                f"{name}-failures",
                PrivateBucketArgs(forget_prefix="", forget_days=FAILURE_DAYS, protect=args.protect),
                opts=child,
            )
            if args.failure_destination == "s3"
            else None
        )
        destination_arn = bucket.arn if bucket else queue.arn
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=args.function,
                description=f"Keeps the index {args.index_name} equal to the table",
                reserved_concurrency=args.reserved_concurrency,
                environment={
                    "OPENSEARCH_ENDPOINT": args.target.endpoint,
                    "OPENSEARCH_INDEX": args.index,
                    "TABLE_NAME": args.table_name,
                    "PARKING_QUEUE_URL": queue.url,
                    "TRUST_SECONDS": str(args.trust_seconds),
                },
                statements=pulumi.Output.all(
                    source=args.source.arn,
                    table=args.table_arn,
                    collection=args.target.collection_arn,
                    queue=queue.arn,
                    bucket=bucket.arn if bucket else None,
                ).apply(
                    lambda arn: [
                        args.source.read(arn["source"]),
                        policies.reread_items(arn["table"]),
                        policies.use_collection(arn["collection"]),
                        policies.send_messages(arn["queue"]),
                        *(policies.write_failures(arn["bucket"]) if arn["bucket"] else []),
                    ]
                ),
                network=args.target.network,
            ),
            opts=child,
        )
        access = aws.opensearch.ServerlessAccessPolicy(
            f"{name}-access",
            name=bounded_name(f"{args.target.collection}-{name}", limit=32),
            type="data",
            policy=function.role_arn.apply(
                lambda role: json.dumps(
                    [policies.index_access(args.target.collection, [args.index_name], policies.WRITE_DOCUMENTS, [role])]
                )
            ),
            opts=child,
        )
        mapping = aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=args.source.arn,
            function_name=function.function_name,
            enabled=True,
            starting_position="TRIM_HORIZON",  # LATEST may miss records while the mapping is made
            batch_size=args.batch_size,
            maximum_batching_window_in_seconds=args.batching_window_seconds,
            parallelization_factor=args.parallelization_factor,
            maximum_retry_attempts=args.maximum_retry_attempts,
            maximum_record_age_in_seconds=args.maximum_record_age_seconds,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            destination_config={"on_failure": {"destination_arn": destination_arn}},
            metrics_config={"metrics": ["EventCount"]},  # what the alarms on given-up batches look at
            opts=pulumi.ResourceOptions(
                parent=self,
                # Lambda refuses a second mapping of the same function and stream while the first is there.
                delete_before_replace=True,
                depends_on=[function.policy, access, *([bucket.writable] if bucket else [])],
            ),
        )
        ConsumerAlarms(
            f"{name}-alarms",
            ConsumerAlarmsArgs(
                function_name=function.function_name,
                queue_name=queue.queue_name,
                mapping_uuid=mapping.uuid,
                limits=args.alarms,
            ),
            opts=child,
        )
        self.function_name = function.function_name
        self.dead_letter_queue_url = queue.url
        self.dead_letter_queue_arn = queue.arn
        self.failure_destination_arn = destination_arn
        self.failure_bucket_arn = bucket.arn if bucket else None
        self.mapping_uuid = mapping.uuid
        self.mapping_arn = mapping.arn
        self.register_outputs(
            {
                "function_name": self.function_name,
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "dead_letter_queue_arn": self.dead_letter_queue_arn,
                "failure_destination_arn": self.failure_destination_arn,
                "mapping_uuid": self.mapping_uuid,
                "mapping_arn": self.mapping_arn,
            }
        )
