"""Backfill: the function that `ops backfill` drives, which copies the table into an index while changes go on.

It has no mapping: nothing but an operator's command invokes it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from infra.kit import Kit
from infra.parts.image_function import ImageFunction, ImageFunctionArgs
from infra.rights import aoss
from infra.rights.documents import Statements
from infra.search.access import grant
from infra.search.target import SearchTarget
from infra.source.table import SourceTable
from infra.sync.consumer import StreamConsumer
from infra.sync.settings import BackfillSettings


class Backfill(pulumi.ComponentResource):
    """The only function that may scan the table and write to every consumer's index."""

    function_name: pulumi.Output[str]
    operator_rights: Statements

    def __init__(
        self,
        name: str,
        kit: Kit,
        own: BackfillSettings,
        *,
        image_uri: pulumi.Input[str],
        table: SourceTable,
        target: SearchTarget,
        consumers: Mapping[str, StreamConsumer],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("driftless:index:Backfill", name, {}, opts)
        targets = {
            folder: {"index": consumer.index, "parking_queue_url": consumer.queue.url}
            for folder, consumer in consumers.items()
        }
        function = ImageFunction(
            name,
            ImageFunctionArgs(
                spec=kit.function(own, image_uri),
                description="Copies the table into an index, a segment at a time, for `ops backfill`",
                environment={
                    "OPENSEARCH_ENDPOINT": target.endpoint,
                    "TABLE_NAME": table.table_name,
                    "CONSUMERS": pulumi.Output.json_dumps(targets),
                },
                statements=[
                    table.may_scan,
                    target.may_use,
                    *(consumer.queue.may_send for consumer in consumers.values()),
                ],
                network=target.network,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        indexes = [consumer.own.index for consumer in consumers.values()]
        writing = aoss.on_indexes(target.collection, indexes, aoss.WRITE_DOCUMENTS)
        grant(name, target.collection, [function.role_arn], [writing], parent=self)
        self.function_name = function.function_name
        self.operator_rights = [function.may_invoke]
        self.register_outputs({"function_name": self.function_name})
