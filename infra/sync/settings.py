"""The sections `consumers`, `backfill` and `second_delete`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from pydantic import Field

from infra.base.alarm import AlarmSettings
from infra.base.section import FunctionSettings, NamedFunctionSettings, PhysicalName, Problem, Section
from infra.base.values import FunctionName, IndexName, MemoryMegabytes
from infra.source.settings import StreamSettings

TABLE_STREAM_RETENTION_SECONDS = 24 * 3600  # fixed by AWS: .../amazondynamodb/latest/developerguide/Streams.html
INDEX_FUNCTION_SUFFIX = "-index"  # of the second function of a consumer, which makes its index


class _Stack(Protocol):
    """What the rules of the consumers read of other sections."""

    @property
    def stream(self) -> StreamSettings: ...
    @property
    def alarms(self) -> AlarmSettings: ...
    @property
    def reader_alias(self) -> str: ...


class ConsumerSettings(FunctionSettings):
    """One sync function and its event source mapping; bounds are those of Lambda's CreateEventSourceMapping.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    `maximum_record_age_seconds` and `maximum_retry_attempts` take no -1: a bad record would block its shard until it
    expires. Retries are for outages (our own parking takes what can never succeed), hence their large default.
    `trust_seconds` ends at 30: OpenSearch forgets a delete after 60 s, and a request in flight may take the rest.
    """

    index: IndexName
    memory_mb: MemoryMegabytes = 512
    timeout_seconds: int = Field(default=60, ge=1, le=900)
    batch_size: int = Field(default=1000, ge=1, le=10_000)
    batching_window_seconds: int = Field(default=1, ge=0, le=300)
    parallelization_factor: int = Field(default=1, ge=1, le=10)
    maximum_retry_attempts: int = Field(default=1000, ge=0, le=10_000)
    maximum_record_age_seconds: int = Field(default=21_600, ge=60, le=604_800)
    trust_seconds: int = Field(default=30, ge=0, le=30)
    failure_destination: Literal["sqs", "s3"] = "sqs"
    # An account keeps at least 100 for all other functions, one with the limit 10 all 10:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html and
    # awslabs/fhir-works-on-aws-deployment, issue 691
    reserved_concurrency: int | None = Field(default=None, ge=1, examples=["10"])


class TableStreamConsumerSettings(ConsumerSettings):
    """Sync by the table's own stream. Its records live 24 h: 6 h of retries leave 18 h to redrive what failed."""

    function_name: FunctionName = "sync-data-with-dynamodb-stream"
    index: IndexName = "lab-table-dynamodb-stream"


class ChangeStreamConsumerSettings(ConsumerSettings):
    """Sync by the Kinesis stream; its records live `stream.retention_hours`."""

    function_name: FunctionName = "sync-data-with-kinesis-stream"
    index: IndexName = "lab-table-kinesis-stream"


class ConsumersSettings(Section):
    """The sync functions, by their folder under `images/`: `sync_` and the feed that they read."""

    sync_dynamodb_stream: TableStreamConsumerSettings = TableStreamConsumerSettings()
    sync_kinesis_stream: ChangeStreamConsumerSettings = ChangeStreamConsumerSettings()

    @property
    def by_folder(self) -> Mapping[str, ConsumerSettings]:
        """Every consumer."""
        return {folder: getattr(self, folder) for folder in type(self).model_fields}

    @property
    def indexes(self) -> tuple[str, ...]:
        """All indexes that consumers feed."""
        return tuple(own.index for own in self.by_folder.values())

    def names(self) -> Iterator[PhysicalName]:
        """Yields the consumers' functions, each with room for the function that makes its index."""
        for folder, own in self.by_folder.items():
            yield from own.function_names("consumers", folder, suffix=INDEX_FUNCTION_SUFFIX)

    def conflicts(self, stack: _Stack) -> Iterator[Problem]:
        """Yields ages that outlive their stream or their alarm, and indexes that are fed twice."""
        yield from self._ages(stack)
        yield from self._indexes(stack)

    def _ages(self, stack: _Stack) -> Iterator[Problem]:
        limits = {
            "sync_dynamodb_stream": (TABLE_STREAM_RETENTION_SECONDS, "a table's stream keeps records for 24 hours"),
            "sync_kinesis_stream": (stack.stream.retention_hours * 3600, "stream.retention_hours ends before"),
        }
        ages = {folder: own.maximum_record_age_seconds for folder, own in self.by_folder.items()}
        for folder, (limit, why) in limits.items():
            if ages[folder] > limit:
                yield Problem(
                    path=("consumers", folder, "maximum_record_age_seconds"),
                    message=f"is {ages[folder]}; at most {limit} is allowed, because {why}",
                )
        if stack.alarms.iterator_age_seconds >= min(ages.values()):
            yield Problem(
                path=("alarms", "iterator_age_seconds"),
                message=(
                    f"is {stack.alarms.iterator_age_seconds}; it must be below each consumer's "
                    f"maximum_record_age_seconds ({min(ages.values())}), or it rings too late"
                ),
            )

    def _indexes(self, stack: _Stack) -> Iterator[Problem]:
        """One path feeds one index: the two paths' versions are not comparable."""
        fed: dict[str, str] = {}
        for folder, own in self.by_folder.items():
            if own.index in fed:
                yield Problem(
                    path=("consumers", folder, "index"),
                    message=f"{own.index!r} is fed by {fed[own.index]} already; one path feeds one index",
                )
            fed.setdefault(own.index, folder)
        if stack.reader_alias in fed:
            alias = stack.reader_alias
            yield Problem(path=("reader_alias",), message=f"{alias!r} is the name of an index; an alias needs its own")


class BackfillSettings(FunctionSettings):
    """The function of `ops backfill`, which asks it for some 5 s at a time; the rest is for an index that is slow."""

    function_name: FunctionName = "replicate"
    memory_mb: MemoryMegabytes = 1024
    timeout_seconds: int = Field(default=120, ge=60, le=900)

    def names(self) -> Iterator[PhysicalName]:
        """Yields the function's name."""
        yield from self.function_names("backfill")


class SecondDeleteSettings(NamedFunctionSettings):
    """The function that looks at deletes again, with the backfill's image, and how much later; the queues' names too.

    The longest delay that SQS has is the default: a bulk request that was applied later than that is not made good.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
    """

    function_name: FunctionName = "second-deletes"
    memory_mb: MemoryMegabytes = 512
    timeout_seconds: int = Field(default=60, ge=1, le=900)
    delay_seconds: int = Field(default=900, ge=60, le=900)

    def names(self) -> Iterator[PhysicalName]:
        """Yields the function's name."""
        yield from self.function_names("second_delete")
