"""The shape of the stack's configuration: one frozen model per section, each key with its default and its bounds.

The asynchronous service's section is in settings_analytics.py. Rules that look at more than one key are in
settings_rules.py; reading and error texts are in settings.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.analyses.settings import AnalyticsSettings
from infra.base.values import (
    PREFIX,
    RESOURCE_NAME,
    Arn,
    FunctionName,
    ImageDigest,
    ImageReference,
    IndexName,
    MemoryMegabytes,
    PrincipalArn,
    RetentionDays,
    Section,
)


class TableSettings(Section):
    """The DynamoDB table. Capacities, in units a second, belong to `provisioned` alone."""

    name: str = Field(default="lab-table", min_length=3, max_length=255, pattern=RESOURCE_NAME)
    billing: Literal["on-demand", "provisioned"] = "on-demand"
    read_capacity: int | None = Field(default=None, ge=1, le=40_000)
    write_capacity: int | None = Field(default=None, ge=1, le=40_000)
    point_in_time_recovery: bool = True
    deletion_protection: bool = True


class StreamSettings(Section):
    """The Kinesis data stream that DynamoDB replicates its changes to."""

    name: str = Field(default="kinesis-stream-data-lab", min_length=1, max_length=128, pattern=RESOURCE_NAME)
    mode: Literal["on-demand", "provisioned"] = "on-demand"
    shard_count: int | None = Field(default=None, ge=1, le=10_000)
    retention_hours: int = Field(default=24, ge=24, le=8760)


class NetworkSettings(Section):
    """How the collection is reached. `private` needs a VPC whose subnets reach DynamoDB, SQS and Logs by themselves."""

    access: Literal["public", "private"] = "public"
    vpc_id: str | None = Field(default=None, pattern=r"^vpc-[0-9a-f]+$")
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")], ...] = ()
    security_group_ids: tuple[Annotated[str, Field(pattern=r"^sg-[0-9a-f]+$")], ...] = ()


class CollectionSettings(Section):
    """The OpenSearch Serverless collection. Without standby replicas it costs half and has no spare zone."""

    name: str = Field(default="lab-search", min_length=3, max_length=32, pattern=r"^[a-z][a-z0-9-]+$")
    standby_replicas: bool = True
    network: NetworkSettings = NetworkSettings()
    reader_arns: tuple[Arn, ...] = ()


class ImagesSettings(Section):
    """What all images are built on, and whether their repositories scan what is pushed.

    None leaves the Dockerfile's own image. A tag without a digest is not looked up again: only a change here rebuilds.
    """

    base_image: ImageReference | None = None
    extensions_image: ImageReference | None = None
    scan_on_push: bool = False


class OperatorsSettings(Section):
    """IAM roles and users that run `python -m ops` on this stack."""

    arns: tuple[PrincipalArn, ...] = ()


class ApiSettings(Section):
    """The REST API in front of the table. Rates are requests a second, the burst is requests.

    `account_log_role`: API Gateway writes logs with one role per account and region; turn this off where
    another stack already looks after it.
    """

    name: str = Field(default="dynamodb-api-gw", min_length=1, max_length=128, pattern=RESOURCE_NAME)
    authorization: Literal["iam", "api_key"] = "iam"
    throttle_rate: float = Field(default=100, gt=0, le=10_000)
    throttle_burst: int = Field(default=200, ge=1, le=5_000)
    stage: str = Field(default="v1", min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_]+$")
    account_log_role: bool = True


class ConsumerSettings(Section):
    """One sync function and its event source mapping; bounds are those of Lambda's CreateEventSourceMapping.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    `maximum_record_age_seconds` and `maximum_retry_attempts` take no -1: a bad record would block its shard until it
    expires. Retries are for outages (our own parking takes what can never succeed), hence their large default.
    `trust_seconds` ends at 30: OpenSearch forgets a delete after 60 s, and a request in flight may take the rest.
    """

    function_name: FunctionName
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
    reserved_concurrency: int | None = Field(default=None, ge=1)
    image_digest: ImageDigest | None = None


class TableStreamConsumerSettings(ConsumerSettings):
    """Sync by the table's own stream. Its records live 24 h: 6 h of retries leave 18 h to redrive what failed."""

    function_name: FunctionName = "sync-data-with-dynamodb-stream"
    index: IndexName = "lab-table-dynamodb-stream"


class ChangeStreamConsumerSettings(ConsumerSettings):
    """Sync by the Kinesis stream; its records live `stream.retention_hours`."""

    function_name: FunctionName = "sync-data-with-kinesis-stream"
    index: IndexName = "lab-table-kinesis-stream"


class ConsumersSettings(Section):
    """The sync functions, by their folder under `images/`."""

    sync_dynamodb_stream: TableStreamConsumerSettings = TableStreamConsumerSettings()
    sync_kinesis_stream: ChangeStreamConsumerSettings = ChangeStreamConsumerSettings()


class TableApiSettings(Section):
    """The function behind the REST API, which gives up on an integration after 29 s.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    """

    function_name: FunctionName = "table-api"
    memory_mb: MemoryMegabytes = 512
    timeout_seconds: int = Field(default=15, ge=1, le=28)
    image_digest: ImageDigest | None = None


class ReplicateSettings(Section):
    """The function of `ops backfill`, which asks it for some 5 s at a time; the rest is for an index that is slow."""

    function_name: FunctionName = "replicate"
    memory_mb: MemoryMegabytes = 1024
    timeout_seconds: int = Field(default=120, ge=60, le=900)
    image_digest: ImageDigest | None = None


class AlarmSettings(Section):
    """When somebody is told. Without a topic the alarms exist and tell nobody; periods are one minute each."""

    topic_arn: Arn | None = None
    iterator_age_seconds: int = Field(default=300, ge=1, le=604_800)
    evaluation_minutes: int = Field(default=5, ge=1, le=60)


# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TagKey = Annotated[str, Field(max_length=128, pattern=r"^[\w .:/=+@-]+$")]
TagValue = Annotated[str, Field(max_length=256, pattern=r"^[\w .:/=+@-]*$")]


class Settings(Section):
    """Every setting of the stack; an empty configuration deploys the workshop's names."""

    name_prefix: str = Field(default="", max_length=20, pattern=PREFIX)
    protect: bool = True
    architecture: Literal["arm64", "x86_64"] = "arm64"
    tags: dict[TagKey, TagValue] = Field(default_factory=dict, max_length=40)
    log_retention_days: RetentionDays = 30
    table: TableSettings = TableSettings()
    stream: StreamSettings = StreamSettings()
    collection: CollectionSettings = CollectionSettings()
    images: ImagesSettings = ImagesSettings()
    reader_alias: IndexName = "lab-table"
    api: ApiSettings = ApiSettings()
    consumers: ConsumersSettings = ConsumersSettings()
    table_api: TableApiSettings = TableApiSettings()
    replicate: ReplicateSettings = ReplicateSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    alarms: AlarmSettings = AlarmSettings()
    operators: OperatorsSettings = OperatorsSettings()
    aws_endpoint_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")

    def physical(self, name: str) -> str:
        """The name in AWS: what keeps two stacks of one account apart is the prefix."""
        return f"{self.name_prefix}{name}"
