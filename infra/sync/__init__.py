"""The sync: for each feed an index and the function that fills it; and the backfill."""

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
from infra.sync.settings import BackfillSettings, ConsumersSettings

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
    reader_alias: str,
    source: Source,
    target: SearchTarget,
) -> Sync:
    """Declares a consumer for each feed, by its folder of images/: `sync_` and the feed's name."""
    images, consumers = {}, {}
    for feed_name, feed in source.feeds.items():
        folder = f"sync_{feed_name}"
        own, name = consumers_settings.by_folder[folder], logical_name(folder)
        images[folder] = kit.image(folder, own)
        index = SearchIndex(
            f"{name}-index",
            kit,
            own,
            image_uri=images[folder],
            target=target,
            definition=index_definition(folder),
            alias=reader_alias if folder == READ_BY_DEFAULT else None,
            opts=kit.opts,
        )
        consumers[folder] = StreamConsumer(
            name,
            kit,
            own,
            image_uri=images[folder],
            feed=feed,
            table=source.table,
            target=target,
            index=index.index,
            opts=kit.opts,
        )
    images[BACKFILL_FOLDER] = kit.image(BACKFILL_FOLDER, backfill_settings)
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
            "functions": {**functions, BACKFILL_FOLDER: backfill.function_name},
            "images": images,
        },
        operator_rights=[
            *(right for consumer in consumers.values() for right in consumer.operator_rights),
            *backfill.operator_rights,
        ],
        operator_indexes=consumers_settings.indexes,
        alarms=[alarm for consumer in consumers.values() for alarm in consumer.alarms],
    )
