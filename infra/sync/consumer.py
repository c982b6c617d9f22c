"""StreamConsumer: one container Lambda on one change feed, and everything that catches what it can't write.

Every option of the mapping is written out: leaving one out later would not reset it in AWS.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.base.alarm import Alarm, owned_by
from infra.kit import Kit
from infra.parts.image_function import ImageFunction, ImageFunctionArgs
from infra.parts.message_queue import MessageQueue, MessageQueueArgs
from infra.parts.private_bucket import PrivateBucket, PrivateBucketArgs
from infra.rights import aoss, lambda_
from infra.rights.documents import Statements
from infra.search.access import grant
from infra.search.target import SearchTarget
from infra.source.feeds import Feed
from infra.source.table import SourceTable
from infra.sync.alarms import consumer_alarms
from infra.sync.settings import ConsumerSettings

FAILURE_DAYS = 14  # a bucket of failures keeps them as long as the queue beside it


class StreamConsumer(pulumi.ComponentResource):
    """A function that reads one feed into one index, its mapping and its dead-letter queue."""

    own: ConsumerSettings
    index: pulumi.Input[str]
    function_name: pulumi.Output[str]
    queue: MessageQueue
    """Where parked records go."""
    failure_destination_arn: pulumi.Output[str]
    mapping_uuid: pulumi.Output[str]
    operator_rights: Statements
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: ConsumerSettings,
        *,
        image_uri: pulumi.Input[str],
        feed: Feed,
        table: SourceTable,
        target: SearchTarget,
        index: pulumi.Input[str],
        second_deletes: MessageQueue,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`index` is the name as the resource gives it that creates the index, so that the mapping waits for it.

        `second_deletes` gets each delete that the function has written, to be looked at again later.
        """
        super().__init__("driftless:index:StreamConsumer", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        spec = kit.function(own, image_uri)
        queue = MessageQueue(
            f"{name}-dead-letters", MessageQueueArgs(queue_name=f"{spec.function_name}-dead-letters"), opts=child
        )
        # Lambda sends a queue only the batch's place in the stream, a bucket gets the batch.
        bucket = _failure_bucket(f"{name}-failures", kit, child) if own.failure_destination == "s3" else None
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=spec,
                description=f"Keeps the index {own.index} equal to the table",
                reserved_concurrency=own.reserved_concurrency,
                environment={
                    "OPENSEARCH_ENDPOINT": target.endpoint,
                    "OPENSEARCH_INDEX": index,
                    "TABLE_NAME": table.table_name,
                    "PARKING_QUEUE_URL": queue.url,
                    "SECOND_DELETE_QUEUE_URL": second_deletes.url,
                    "TRUST_SECONDS": str(own.trust_seconds),
                },
                statements=[
                    feed.may_read,
                    table.may_reread,
                    target.may_use,
                    queue.may_send,
                    second_deletes.may_send,
                    *(bucket.may_write_failures if bucket else []),
                ],
                network=target.network,
            ),
            opts=child,
        )
        writing = aoss.on_indexes(target.collection, [own.index], aoss.WRITE_DOCUMENTS)
        access = grant(name, target.collection, [function.role_arn], [writing], parent=self)
        self.failure_destination_arn = bucket.arn if bucket else queue.arn
        mapping = aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=feed.arn,
            function_name=function.function_name,
            enabled=True,
            starting_position="TRIM_HORIZON",  # LATEST may miss records while the mapping is made
            batch_size=own.batch_size,
            maximum_batching_window_in_seconds=own.batching_window_seconds,
            parallelization_factor=own.parallelization_factor,
            maximum_retry_attempts=own.maximum_retry_attempts,
            maximum_record_age_in_seconds=own.maximum_record_age_seconds,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            destination_config={"on_failure": {"destination_arn": self.failure_destination_arn}},
            metrics_config={"metrics": ["EventCount"]},  # what the alarms on given-up batches watch
            opts=pulumi.ResourceOptions(
                parent=self,
                # Lambda refuses a second mapping of the same function and stream while the first exists.
                delete_before_replace=True,
                depends_on=[function.policy, access, *([bucket.writable] if bucket else [])],
            ),
        )
        self.own, self.index, self.queue = own, index, queue
        self.function_name = function.function_name
        self.mapping_uuid = mapping.uuid
        self.operator_rights = [
            queue.may_settle,
            *(bucket.may_settle_failures if bucket else []),
            mapping.arn.apply(lambda_.look_at_mapping),
        ]
        self.alarms = owned_by(
            name, consumer_alarms(function.function_name, queue.queue_name, mapping.uuid, kit.alarms)
        )
        self.register_outputs(
            {
                "function_name": self.function_name,
                "dead_letter_queue_url": queue.url,
                "failure_destination_arn": self.failure_destination_arn,
                "mapping_uuid": self.mapping_uuid,
            }
        )


def _failure_bucket(name: str, kit: Kit, child: pulumi.ResourceOptions) -> PrivateBucket:
    args = PrivateBucketArgs(forget_prefix="", forget_days=FAILURE_DAYS, protect=kit.protect)
    return PrivateBucket(name, args, opts=child)
