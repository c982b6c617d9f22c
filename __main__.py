"""The stack as a table of contents: settings, sources, collection, images, pipelines, analyses, API, operators."""

import pulumi

from infra.analyses.analyses import Analytics
from infra.analyses.declare import analytics_args
from infra.api.write_api import WriteApi
from infra.kit import (
    change_stream_args,
    container_image_args,
    image_folders,
    logical_name,
    operator_access_args,
    replication_args,
    search_collection_args,
    search_index_args,
    source_table_args,
    stream_consumer_args,
    write_api_args,
)
from infra.operators.access import OperatorAccess
from infra.parts.container_image import ContainerImage
from infra.search.collection import SearchCollection
from infra.settings.provider import aws_provider
from infra.settings.reading import load_settings
from infra.source.change_stream import ChangeStream
from infra.source.feeds import change_stream, table_stream
from infra.source.table import SourceTable
from infra.sync.backfill import Replication
from infra.sync.consumer import StreamConsumer
from infra.sync.index import SearchIndex

settings = load_settings(pulumi.Config())
opts = pulumi.ResourceOptions(providers=[aws_provider(settings)])

# Sources: a table whose changes leave it twice, by its own stream and through Kinesis.
changes = ChangeStream("change-stream", change_stream_args(settings), opts)
table = SourceTable("source-table", source_table_args(settings, changes.stream_arn), opts)
sources = {
    "sync_dynamodb_stream": table_stream(table.stream_arn),
    "sync_kinesis_stream": change_stream(changes.stream_arn),
}

# Where the changes go.
collection = SearchCollection("search", search_collection_args(settings), opts)

# One image for each folder that has a function.
images = {
    folder: ContainerImage(f"{logical_name(folder)}-image", container_image_args(settings, folder), opts)
    for folder in image_folders(settings, sources)
}

# One pipeline for each source: its index, then the function that fills it.
indexes = {
    consumer: SearchIndex(
        f"{logical_name(consumer)}-index",
        search_index_args(settings, consumer, image_uri=images[consumer].uri, target=collection.target),
        opts,
    )
    for consumer in sources
}
consumers = {
    consumer: StreamConsumer(
        logical_name(consumer),
        stream_consumer_args(
            settings,
            consumer,
            source=source,
            table=table,
            target=collection.target,
            image_uri=images[consumer].uri,
            index=indexes[consumer].index,
        ),
        opts,
    )
    for consumer, source in sources.items()
}

# The backfill: the whole table into one of the indexes, driven by `python -m ops backfill`.
replication = Replication(
    "replicate",
    replication_args(
        settings,
        table=table,
        target=collection.target,
        image_uri=images["replicate"].uri,
        indexes=indexes,
        consumers=consumers,
    ),
    opts,
)

# Analyses on request, behind a queue.
analytics = Analytics(
    "analytics",
    analytics_args(
        settings, target=collection.target, image_uris={folder: image.uri for folder, image in images.items()}
    ),
    opts,
)

# The API in front of the table and of the analyses.
api = WriteApi(
    "api",
    write_api_args(
        settings, table=table, target=collection.target, image_uri=images["table_api"].uri, analytics=analytics
    ),
    opts,
)

# Whoever runs `python -m ops`, if the settings name somebody.
operators = OperatorAccess(
    "operators",
    operator_access_args(
        settings,
        table=table,
        target=collection.target,
        sources=sources,
        consumers=consumers,
        replication=replication,
        analytics=analytics,
    ),
    opts,
)

exports = {
    "api_url": api.url,
    **api.key_exports,
    **operators.exports,
    **analytics.exports,
    "table_name": table.table_name,
    "table_stream_arn": table.stream_arn,
    "kinesis_stream_name": changes.stream_name,
    "collection_endpoint": collection.endpoint,
    "dashboards_url": collection.dashboards_url,
    "indexes": {consumer: index.index for consumer, index in indexes.items()},
    "reader_alias": settings.reader_alias,
    "dead_letter_queues": {name: consumer.dead_letter_queue_url for name, consumer in consumers.items()},
    "failure_destinations": {name: consumer.failure_destination_arn for name, consumer in consumers.items()},
    "event_source_mappings": {name: consumer.mapping_uuid for name, consumer in consumers.items()},
    "functions": {
        **{name: consumer.function_name for name, consumer in consumers.items()},
        "replicate": replication.function_name,
        "table_api": api.function_name,
        **analytics.functions,
    },
    "images": {folder: image.uri for folder, image in images.items()},
}
for export, value in exports.items():
    pulumi.export(export, value)
