"""Rules that look at more than one setting; each yields what is wrong, by key path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.settings.sections import Settings

TABLE_STREAM_RETENTION_SECONDS = 24 * 3600  # fixed by AWS: .../amazondynamodb/latest/developerguide/Streams.html
INDEX_FUNCTION_SUFFIX = "-index"
STATUS_FUNCTION_SUFFIX = "-status"
# Below it the libraries alone leave no room for data, and the function refuses to start: images/scilearn/environment.py
ANALYTICS_LEAST_MEMORY_MB = 512


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to change: where, what is wrong, what is allowed."""

    path: tuple[str, ...]
    message: str


def cross_field_problems(settings: Settings) -> list[Problem]:
    """All violations at once, in the order of the sections."""
    rules = (_capacities, _shards, _network, _record_ages, _names, _indexes, _alarms_of_age, _tags, _analytics)
    return [problem for rule in rules for problem in rule(settings)]


def _tags(settings: Settings) -> Iterator[Problem]:
    for key in settings.tags:
        if key.lower().startswith("aws:"):
            yield Problem(path=("tags", key), message="must not begin with aws:, which AWS keeps for itself")


def _capacities(settings: Settings) -> Iterator[Problem]:
    table = settings.table
    for key, value in (("read_capacity", table.read_capacity), ("write_capacity", table.write_capacity)):
        if table.billing == "provisioned" and value is None:
            yield Problem(path=("table", key), message="is required when table.billing is provisioned (1 to 40000)")
        if table.billing == "on-demand" and value is not None:
            yield Problem(path=("table", key), message="is only allowed when table.billing is provisioned; remove it")


def _shards(settings: Settings) -> Iterator[Problem]:
    stream, path = settings.stream, ("stream", "shard_count")
    if stream.mode == "provisioned" and stream.shard_count is None:
        yield Problem(path=path, message="is required when stream.mode is provisioned (1 to 10000)")
    if stream.mode == "on-demand" and stream.shard_count is not None:
        yield Problem(path=path, message="is only allowed when stream.mode is provisioned; remove it")


def _network(settings: Settings) -> Iterator[Problem]:
    network = settings.collection.network
    parts = {
        "vpc_id": network.vpc_id,
        "subnet_ids": network.subnet_ids,
        "security_group_ids": network.security_group_ids,
    }
    for key, value in parts.items():
        path = ("collection", "network", key)
        if network.access == "private" and not value:
            yield Problem(path=path, message="is required when collection.network.access is private")
        if network.access == "public" and value:
            yield Problem(path=path, message="is only allowed when collection.network.access is private; remove it")


def _record_ages(settings: Settings) -> Iterator[Problem]:
    limits = {
        "sync_dynamodb_stream": (TABLE_STREAM_RETENTION_SECONDS, "a table's stream keeps records for 24 hours"),
        "sync_kinesis_stream": (settings.stream.retention_hours * 3600, "stream.retention_hours ends before"),
    }
    for consumer, (limit, why) in limits.items():
        age = getattr(settings.consumers, consumer).maximum_record_age_seconds
        if age > limit:
            yield Problem(
                path=("consumers", consumer, "maximum_record_age_seconds"),
                message=f"is {age}; at most {limit} is allowed, because {why}",
            )


def _names(settings: Settings) -> Iterator[Problem]:
    """Physical names have a limit that the prefix counts towards."""
    consumers = settings.consumers
    index_function_limit = 64 - len(INDEX_FUNCTION_SUFFIX)  # a second function per consumer makes its index
    names = [
        (("table", "name"), settings.table.name, 255),
        (("stream", "name"), settings.stream.name, 128),
        (("collection", "name"), settings.collection.name, 32),
        (("api", "name"), settings.api.name, 128),
        (
            ("consumers", "sync_dynamodb_stream", "function_name"),
            consumers.sync_dynamodb_stream.function_name,
            index_function_limit,
        ),
        (
            ("consumers", "sync_kinesis_stream", "function_name"),
            consumers.sync_kinesis_stream.function_name,
            index_function_limit,
        ),
        (("table_api", "function_name"), settings.table_api.function_name, 64),
        (("replicate", "function_name"), settings.replicate.function_name, 64),
    ]
    if settings.analytics.enabled:
        analytics = settings.analytics.function_name
        names.append((("analytics", "function_name"), analytics, 64 - len(STATUS_FUNCTION_SUFFIX)))
    for path, name, limit in names:
        length = len(settings.physical(name))
        if length > limit:
            yield Problem(
                path=path, message=f"is {length} characters with name_prefix in front; at most {limit} are allowed"
            )
    functions = [entry for entry in names if entry[0][-1] == "function_name"]
    for number, (path, name, _) in enumerate(functions):
        if name in [earlier for _, earlier, _ in functions[:number]]:
            yield Problem(path=path, message=f"{name!r} is the name of another function too; names must differ")


def _indexes(settings: Settings) -> Iterator[Problem]:
    """One path feeds one index: the two paths' versions are not comparable."""
    first = settings.consumers.sync_dynamodb_stream.index
    second = settings.consumers.sync_kinesis_stream.index
    if first == second:
        yield Problem(
            path=("consumers", "sync_kinesis_stream", "index"),
            message=f"{second!r} is fed by sync_dynamodb_stream already; one path feeds one index",
        )
    if settings.reader_alias in (first, second):
        yield Problem(
            path=("reader_alias",), message=f"{settings.reader_alias!r} is the name of an index; an alias needs its own"
        )


def _alarms_of_age(settings: Settings) -> Iterator[Problem]:
    """An alarm on age that rings after the records are given up is no alarm."""
    consumers = settings.consumers
    limit = min(
        consumers.sync_dynamodb_stream.maximum_record_age_seconds,
        consumers.sync_kinesis_stream.maximum_record_age_seconds,
    )
    if settings.alarms.iterator_age_seconds >= limit:
        yield Problem(
            path=("alarms", "iterator_age_seconds"),
            message=(
                f"is {settings.alarms.iterator_age_seconds}; it must be below each consumer's "
                f"maximum_record_age_seconds ({limit}), or it rings too late"
            ),
        )


def _analytics(settings: Settings) -> Iterator[Problem]:
    """What one key of the asynchronous service demands of others."""
    own, files = settings.analytics, settings.analytics.file_system
    if not own.enabled:
        return
    if own.memory_mb < ANALYTICS_LEAST_MEMORY_MB:
        yield Problem(
            path=("analytics", "memory_mb"),
            message=f"is {own.memory_mb}; at least {ANALYTICS_LEAST_MEMORY_MB} is needed, or it does not start",
        )
    yield from _file_system(files.access_point_arn, files.folder, access=settings.collection.network.access)
    for key, value in (("on_success", own.on_success), ("on_failure", own.on_failure)):
        if value.split(":")[5:7] == ["function", settings.physical(own.function_name)]:
            yield Problem(
                path=("analytics", key), message=f"is {value}: the function itself, which would call itself for ever"
            )


def _file_system(access_point_arn: str | None, folder: str | None, *, access: str) -> Iterator[Problem]:
    parts = {"access_point_arn": access_point_arn, "folder": folder}
    for key, value in parts.items():
        path = ("analytics", "file_system", key)
        if value is None and any(parts.values()):
            yield Problem(path=path, message="is required when the other key of analytics.file_system is set")
        if value is not None and access != "private":
            yield Problem(
                path=path,
                message="needs a function in a VPC, so collection.network.access: private; or remove it",
            )
