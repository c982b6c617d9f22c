"""What one event source mapping is told to do; the names and ranges are those of Lambda's CreateEventSourceMapping."""

from dataclasses import dataclass

from local.runners.ranges import check_ranges
from streams.reader import StartingPosition

UNLIMITED = -1
"""AWS's value for "no limit" of retry attempts and record age."""

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Lambda's limit of a synchronous event, which ends a batch early.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""


@dataclass(frozen=True, kw_only=True)
class MappingSettings:
    """One mapping of a DynamoDB stream or a Kinesis stream to a function; no filters.

    The defaults are AWS's own, so that a mapping made with few arguments blocks its shard for ever on a bad record,
    as it would there. Source:
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html and .../services-kinesis-parameters.html
    """

    uuid: str
    function_name: str
    function_arn: str
    event_source_arn: str
    starting_position: StartingPosition
    region: str
    batch_size: int = 100
    batching_window_seconds: float = 0
    maximum_retry_attempts: int = UNLIMITED
    maximum_record_age_seconds: float = UNLIMITED
    bisect_batch_on_function_error: bool = False
    parallelization_factor: int = 1
    report_batch_item_failures: bool = False
    failure_destination_arn: str | None = None

    def __post_init__(self) -> None:
        """Refuses what AWS refuses."""
        check_ranges(
            self,
            f"mapping {self.uuid}",
            batch_size=(1, 10_000),
            batching_window_seconds=(0, 300),
            maximum_retry_attempts=(UNLIMITED, 10_000),
            maximum_record_age_seconds=(UNLIMITED, 604_800),
            parallelization_factor=(1, 10),
        )
        if self.starting_position not in ("TRIM_HORIZON", "LATEST"):
            raise ValueError(f"starting_position of mapping {self.uuid} is {self.starting_position!r}")
        if not self.is_dynamodb and ":kinesis:" not in self.event_source_arn:
            raise ValueError(f"mapping {self.uuid} reads {self.event_source_arn}: neither DynamoDB nor Kinesis")

    @property
    def is_dynamodb(self) -> bool:
        """True for a table's stream, False for a Kinesis stream."""
        return ":dynamodb:" in self.event_source_arn

    @property
    def account_id(self) -> str:
        """The twelve digits of the function's account."""
        return self.function_arn.split(":")[4]
