"""The sync: for each feed an index and the function that fills it; the backfill; the second deletes."""

from __future__ import annotations

from dataclasses import dataclass

from infra.base.names import logical_name
from infra.capability import Capability
from infra.kit import Kit
from infra.search.target import Searchable, SearchTarget
from infra.source import Source
from infra.sync.backfill import Backfill
from infra.sync.consumer import StreamConsumer
from infra.sync.index import SearchIndex, index_definition
from infra.sync.second_delete import SecondDelete
from infra.sync.settings import BackfillSettings, ConsumersSettings, SecondDeleteSettings

READ_BY_DEFAULT = "sync_dynamodb_stream"  # whose index the reader alias points at when it is first made
BACKFILL_FOLDER = "replicate"


@dataclass(frozen=True, kw_only=True)
class Sync(Capability):
    """What readers may search."""

    searchable: Searchable


def declare(
    kit: Kit,
    consumers_settings: ConsumersSettings,
    backfill_settings: BackfillSettings,
    second_delete_settings: SecondDeleteSettings,
    reader_alias: str,
    source: Source,
    target: SearchTarget,
) -> Sync:
    """Declares a consumer for each feed, by its folder of images/: `sync_` and the feed's name."""
    feeds = {f"sync_{feed_name}": feed for feed_name, feed in source.feeds.items()}
    images = {folder: kit.image(folder, consumers_settings.by_folder[folder]) for folder in feeds}
    images[BACKFILL_FOLDER] = kit.image(BACKFILL_FOLDER, backfill_settings)
    indexes = {
        folder: SearchIndex(
            f"{logical_name(folder)}-index",
            kit,
            consumers_settings.by_folder[folder],
            image_uri=images[folder],
            target=target,
            definition=index_definition(folder),
            alias=reader_alias if folder == READ_BY_DEFAULT else None,
            opts=kit.opts,
        )
        for folder in feeds
    }
    second_delete = SecondDelete(
        "second-delete",
        kit,
        second_delete_settings,
        image_uri=images[BACKFILL_FOLDER],
        table=source.table,
        target=target,
        indexes={consumers_settings.by_folder[folder].index: made.index for folder, made in indexes.items()},
        opts=kit.opts,
    )
    consumers = {
        folder: StreamConsumer(
            logical_name(folder),
            kit,
            consumers_settings.by_folder[folder],
            image_uri=images[folder],
            feed=feed,
            table=source.table,
            target=target,
            index=indexes[folder].index,
            second_deletes=second_delete.queue,
            opts=kit.opts,
        )
        for folder, feed in feeds.items()
    }
    backfill = Backfill(
        logical_name(BACKFILL_FOLDER),
        kit,
        backfill_settings,
        image_uri=images[BACKFILL_FOLDER],
        table=source.table,
        target=target,
        consumers=consumers,
        opts=kit.opts,
    )
    functions = {folder: consumer.function_name for folder, consumer in consumers.items()}
    return Sync(
        searchable=Searchable(alias=reader_alias, indexes=consumers_settings.indexes),
        exports={
            "indexes": {folder: consumer.index for folder, consumer in consumers.items()},
            "reader_alias": reader_alias,
            "dead_letter_queues": {folder: consumer.queue.url for folder, consumer in consumers.items()},
            "failure_destinations": {
                folder: consumer.failure_destination_arn for folder, consumer in consumers.items()
            },
            "event_source_mappings": {folder: consumer.mapping_uuid for folder, consumer in consumers.items()},
            "functions": {
                **functions,
                BACKFILL_FOLDER: backfill.function_name,
                "second_delete": second_delete.function_name,
            },
            "second_delete_queue_url": second_delete.queue.url,
            "second_delete_dead_letter_queue_url": second_delete.dead_letters.url,
            "second_delete_dead_letter_queue_arn": second_delete.dead_letters.arn,
            "images": images,
        },
        operator_rights=[
            *(right for consumer in consumers.values() for right in consumer.operator_rights),
            *backfill.operator_rights,
            *second_delete.operator_rights,
        ],
        operator_indexes=consumers_settings.indexes,
        alarms=[*(alarm for consumer in consumers.values() for alarm in consumer.alarms), *second_delete.alarms],
    )
