"""SecondDelete: looks at each document that a consumer has deleted once more, minutes later, by a queue with a delay.

OpenSearch forgets a delete after a while; a bulk request that is applied after that brings the document back. If it is
there and its item is not, the function deletes it again.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.base.alarm import Alarm, owned_by
from infra.kit import Kit
from infra.parts.image_function import ImageFunction, ImageFunctionArgs
from infra.parts.message_queue import DeadLetters, MessageQueue, MessageQueueArgs
from infra.rights import aoss
from infra.rights.documents import Statements
from infra.search.access import grant
from infra.search.target import SearchTarget
from infra.source.table import SourceTable
from infra.sync.alarms import second_delete_alarms
from infra.sync.settings import SecondDeleteSettings

_COMMAND = "replicate.second_delete.handler"
_RETENTION_SECONDS = 4 * 24 * 3600  # shorter than that of the dead letters, whose age counts from their first sending
_MOST_RECEIVES = 10
# AWS's advice, so that Lambda may try a throttled batch again before its messages come back:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_VISIBILITY_TIMEOUTS = 6
_BATCH_SIZE = 10
_MAXIMUM_CONCURRENCY = 2  # the least that Lambda takes: consumers come first


class SecondDelete(pulumi.ComponentResource):
    """Queue, dead-letter queue, function and mapping. It is made before the consumers, which send to its queue."""

    function_name: pulumi.Output[str]
    queue: MessageQueue
    dead_letters: MessageQueue
    operator_rights: Statements
    """Lets an operator move dead letters back to the queue."""
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: SecondDeleteSettings,
        *,
        image_uri: pulumi.Input[str],
        table: SourceTable,
        target: SearchTarget,
        indexes: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`indexes`: by their names, as the resources give them that create them, so that the function waits."""
        super().__init__("driftless:index:SecondDelete", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        spec = kit.function(own, image_uri)
        visibility_seconds = _VISIBILITY_TIMEOUTS * own.timeout_seconds
        self.dead_letters = MessageQueue(
            f"{name}-dead-letters", MessageQueueArgs(queue_name=f"{spec.function_name}-dead-letters"), opts=child
        )
        self.queue = MessageQueue(
            f"{name}-queue",
            MessageQueueArgs(
                queue_name=spec.function_name,
                retention_seconds=_RETENTION_SECONDS,
                visibility_seconds=visibility_seconds,
                delay_seconds=own.delay_seconds,
                dead_letters=DeadLetters(queue_arn=self.dead_letters.arn, most_receives=_MOST_RECEIVES),
            ),
            opts=child,
        )
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=spec,
                description="Deletes again what came back after a consumer had deleted it",
                environment={
                    "OPENSEARCH_ENDPOINT": target.endpoint,
                    "TABLE_NAME": table.table_name,
                    "INDEXES": pulumi.Output.json_dumps(list(indexes.values())),
                },
                statements=[self.queue.may_take, table.may_reread, target.may_use],
                command=_COMMAND,
                network=target.network,
            ),
            opts=child,
        )
        writing = aoss.on_indexes(target.collection, list(indexes), aoss.REPAIR_DOCUMENTS)
        access = grant(name, target.collection, [function.role_arn], [writing], parent=self)
        aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=self.queue.arn,
            function_name=function.function_name,
            enabled=True,
            batch_size=_BATCH_SIZE,
            maximum_batching_window_in_seconds=0,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": _MAXIMUM_CONCURRENCY},
            metrics_config={"metrics": ["EventCount"]},
            opts=pulumi.ResourceOptions(
                parent=self,
                # Lambda refuses a second mapping of the same function and queue while the first exists.
                delete_before_replace=True,
                depends_on=[function.policy, access],
            ),
        )
        self.function_name = function.function_name
        self.operator_rights = [self.dead_letters.may_move_back, self.queue.may_send]
        # Two failed attempts are no alarm yet; on AWS a message that was received three times has no age any more.
        oldest_seconds = own.delay_seconds + 2 * visibility_seconds
        self.alarms = owned_by(
            name, second_delete_alarms(self.queue.queue_name, self.dead_letters.queue_name, oldest_seconds)
        )
        self.register_outputs({"function_name": self.function_name, "queue_url": self.queue.url})
