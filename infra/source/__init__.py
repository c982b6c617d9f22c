"""The table and the two feeds of its changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.base.alarm import owned_by
from infra.capability import Capability
from infra.kit import Kit
from infra.source.alarms import replication_alarms
from infra.source.change_stream import ChangeStream
from infra.source.feeds import Feed, kinesis_stream, table_stream
from infra.source.settings import StreamSettings, TableSettings
from infra.source.table import SourceTable


@dataclass(frozen=True, kw_only=True)
class Source(Capability):
    """The table, and its feeds by name."""

    table: SourceTable
    feeds: Mapping[str, Feed]


def declare(kit: Kit, table_settings: TableSettings, stream_settings: StreamSettings) -> Source:
    """Declares a table whose changes leave it twice: by its own stream and through Kinesis."""
    changes = ChangeStream("change-stream", kit, stream_settings, kit.opts)
    table = SourceTable("source-table", kit, table_settings, change_stream_arn=changes.stream_arn, opts=kit.opts)
    feeds = {"dynamodb_stream": table_stream(table.stream_arn), "kinesis_stream": kinesis_stream(changes.stream_arn)}
    return Source(
        table=table,
        feeds=feeds,
        exports={
            "table_name": table.table_name,
            "table_stream_arn": table.stream_arn,
            "kinesis_stream_name": changes.stream_name,
        },
        operator_rights=[table.may_compare, table.may_write_smoke_items, *(feed.may_reread for feed in feeds.values())],
        alarms=owned_by("source-table", replication_alarms(table.table_name, kit.alarms)),
    )
