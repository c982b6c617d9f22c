"""From settings to what each component takes: the only place that knows both. Components never see the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi

from infra.analyses.analyses import Analytics
from infra.analyses.settings import AnalyticsSettings
from infra.api.write_api import WriteApiArgs
from infra.base.alarm import AlarmLimits
from infra.operators.access import OperatorAccessArgs
from infra.parts.container_image import ContainerImageArgs
from infra.parts.image_function import FunctionSpec
from infra.search.collection import SearchCollectionArgs
from infra.search.target import FunctionNetwork, SearchTarget
from infra.settings.rules import INDEX_FUNCTION_SUFFIX
from infra.settings.sections import ConsumerSettings, ReplicateSettings, Settings, TableApiSettings
from infra.source.change_stream import ChangeStreamArgs
from infra.source.feeds import StreamSource
from infra.source.table import SourceTable, SourceTableArgs
from infra.sync.backfill import Replication, ReplicationArgs, ReplicationTarget
from infra.sync.consumer import StreamConsumer, StreamConsumerArgs
from infra.sync.index import SearchIndex, SearchIndexArgs, index_definition

SCILEARN = "scilearn"  # the asynchronous service's folder under images/
READ_BY_DEFAULT = "sync_dynamodb_stream"  # whose index the reader alias points at when it is first made


def logical_name(folder: str) -> str:
    """A folder under images/ as a name in Pulumi: buckets and repositories take no underscore."""
    return folder.replace("_", "-")


def image_folders(settings: Settings, consumers: Iterable[str]) -> list[str]:
    """The folders under images/ that this stack needs built."""
    return [*consumers, "replicate", "table_api", *([SCILEARN] if settings.analytics.enabled else [])]


def change_stream_args(settings: Settings) -> ChangeStreamArgs:
    """The Kinesis stream of this stack."""
    stream = settings.stream
    return ChangeStreamArgs(
        stream_name=settings.physical(stream.name),
        mode=stream.mode,
        shard_count=stream.shard_count,
        retention_hours=stream.retention_hours,
        protect=settings.protect,
    )


def source_table_args(settings: Settings, change_stream_arn: pulumi.Input[str]) -> SourceTableArgs:
    """The table of this stack, replicating to the stream."""
    table = settings.table
    return SourceTableArgs(
        table_name=settings.physical(table.name),
        billing=table.billing,
        read_capacity=table.read_capacity,
        write_capacity=table.write_capacity,
        point_in_time_recovery=table.point_in_time_recovery,
        deletion_protection=table.deletion_protection,
        change_stream_arn=change_stream_arn,
        protect=settings.protect,
        alarms=alarm_limits(settings),
    )


def search_collection_args(settings: Settings) -> SearchCollectionArgs:
    """The collection of this stack."""
    collection = settings.collection
    return SearchCollectionArgs(
        collection_name=settings.physical(collection.name),
        standby_replicas=collection.standby_replicas,
        access=collection.network.access,
        vpc_id=collection.network.vpc_id,
        network=FunctionNetwork(
            subnet_ids=collection.network.subnet_ids, security_group_ids=collection.network.security_group_ids
        ),
        reader_arns=collection.reader_arns,
        readable_indexes=fed_indexes(settings),
        protect=settings.protect,
    )


def container_image_args(settings: Settings, folder: str) -> ContainerImageArgs:
    """The image of one folder: of a consumer, of the backfill or of the API's function."""
    return ContainerImageArgs(
        folder=folder,
        repository_name=settings.physical(logical_name(folder)),
        architecture=settings.architecture,
        image_digest=_function(settings, folder).image_digest,
        base_image=settings.images.base_image,
        extensions_image=settings.images.extensions_image,
        scan_on_push=settings.images.scan_on_push,
        force_delete=not settings.protect,
    )


def search_index_args(
    settings: Settings, consumer: str, *, image_uri: pulumi.Input[str], target: SearchTarget
) -> SearchIndexArgs:
    """The index of one consumer."""
    own = _consumer(settings, consumer)
    return SearchIndexArgs(
        function_name=settings.physical(f"{own.function_name}{INDEX_FUNCTION_SUFFIX}"),
        image_uri=image_uri,
        architecture=settings.architecture,
        log_retention_days=settings.log_retention_days,
        target=target,
        index=own.index,
        alias=settings.reader_alias if consumer == READ_BY_DEFAULT else None,
        definition=index_definition(consumer),
    )


def stream_consumer_args(
    settings: Settings,
    consumer: str,
    *,
    source: StreamSource,
    table: SourceTable,
    target: SearchTarget,
    image_uri: pulumi.Input[str],
    index: pulumi.Input[str],
) -> StreamConsumerArgs:
    """One consumer on one feed of the table."""
    own = _consumer(settings, consumer)
    return StreamConsumerArgs(
        function=function_spec(settings, consumer, image_uri),
        reserved_concurrency=own.reserved_concurrency,
        source=source,
        table_name=table.table_name,
        table_arn=table.table_arn,
        target=target,
        index_name=own.index,
        index=index,
        trust_seconds=own.trust_seconds,
        batch_size=own.batch_size,
        batching_window_seconds=own.batching_window_seconds,
        parallelization_factor=own.parallelization_factor,
        maximum_retry_attempts=own.maximum_retry_attempts,
        maximum_record_age_seconds=own.maximum_record_age_seconds,
        failure_destination=own.failure_destination,
        protect=settings.protect,
        alarms=alarm_limits(settings),
    )


def replication_args(
    settings: Settings,
    *,
    table: SourceTable,
    target: SearchTarget,
    image_uri: pulumi.Input[str],
    indexes: Mapping[str, SearchIndex],
    consumers: Mapping[str, StreamConsumer],
) -> ReplicationArgs:
    """The backfill of this stack, into any of its consumers' indexes."""
    return ReplicationArgs(
        function=function_spec(settings, "replicate", image_uri),
        table_name=table.table_name,
        table_arn=table.table_arn,
        target=target,
        consumers={
            name: ReplicationTarget(
                index_name=_consumer(settings, name).index,
                index=indexes[name].index,
                dead_letter_queue_url=consumer.dead_letter_queue_url,
                dead_letter_queue_arn=consumer.dead_letter_queue_arn,
            )
            for name, consumer in consumers.items()
        },
    )


def write_api_args(
    settings: Settings,
    *,
    table: SourceTable,
    target: SearchTarget,
    image_uri: pulumi.Input[str],
    analytics: Analytics,
) -> WriteApiArgs:
    """The API of this stack."""
    api = settings.api
    return WriteApiArgs(
        api_name=settings.physical(api.name),
        stage_name=api.stage,
        authorization=api.authorization,
        throttle_rate=api.throttle_rate,
        throttle_burst=api.throttle_burst,
        account_log_role=api.account_log_role,
        function=function_spec(settings, "table_api", image_uri),
        table_name=table.table_name,
        table_arn=table.table_arn,
        target=target,
        reader_alias=settings.reader_alias,
        readable_indexes=fed_indexes(settings),
        asynchronous=analytics.routes,
        alarms=alarm_limits(settings),
    )


def operator_access_args(
    settings: Settings,
    *,
    table: SourceTable,
    target: SearchTarget,
    sources: Mapping[str, StreamSource],
    consumers: Mapping[str, StreamConsumer],
    replication: Replication,
    analytics: Analytics,
) -> OperatorAccessArgs:
    """Everything that the operators' commands reach in this stack."""
    return OperatorAccessArgs(
        principals=settings.operators.arns,
        target=target,
        indexes=fed_indexes(settings),
        table_arn=table.table_arn,
        sources=list(sources.values()),
        queues=[*(consumer.dead_letter_queue_arn for consumer in consumers.values()), *analytics.failure_queues],
        buckets=[bucket for bucket in (consumer.failure_bucket_arn for consumer in consumers.values()) if bucket],
        mappings=[consumer.mapping_arn for consumer in consumers.values()],
        backfill_function_arn=replication.function_arn,
        resending=analytics.resending,
    )


def function_spec(settings: Settings, folder: str, image_uri: pulumi.Input[str]) -> FunctionSpec:
    """What the settings say of the function of one folder."""
    own = _function(settings, folder)
    return FunctionSpec(
        function_name=settings.physical(own.function_name),
        image_uri=image_uri,
        architecture=settings.architecture,
        memory_mb=own.memory_mb,
        timeout_seconds=own.timeout_seconds,
        log_retention_days=settings.log_retention_days,
    )


def alarm_limits(settings: Settings) -> AlarmLimits:
    """The limits of all alarms of this stack."""
    alarms = settings.alarms
    return AlarmLimits(
        topic_arn=alarms.topic_arn,
        iterator_age_seconds=alarms.iterator_age_seconds,
        evaluation_minutes=alarms.evaluation_minutes,
    )


def fed_indexes(settings: Settings) -> tuple[str, ...]:
    """The consumers' indexes, all that the reader alias may come to point at."""
    return (settings.consumers.sync_dynamodb_stream.index, settings.consumers.sync_kinesis_stream.index)


def _consumer(settings: Settings, consumer: str) -> ConsumerSettings:
    own = getattr(settings.consumers, consumer)
    assert isinstance(own, ConsumerSettings)
    return own


def _function(
    settings: Settings, folder: str
) -> ConsumerSettings | ReplicateSettings | TableApiSettings | AnalyticsSettings:
    if folder == SCILEARN:
        return settings.analytics
    own = getattr(settings, folder, None)
    return own if isinstance(own, ReplicateSettings | TableApiSettings) else _consumer(settings, folder)
