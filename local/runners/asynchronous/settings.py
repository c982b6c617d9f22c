"""What a function's asynchronous invocation and a pipe are told to do; names and ranges are AWS's own."""

from dataclasses import dataclass

WAIT_DIVISOR = 60
"""Every wait between two attempts is this much shorter than on AWS: 1 s and 2 s instead of one and two minutes."""

MAX_EVENT_BYTES = 1024 * 1024
"""Of an asynchronous event. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""


@dataclass(frozen=True, kw_only=True)
class AsynchronousSettings:
    """One function's asynchronous invocation; the defaults are AWS's: two retries, six hours, no destination.

    `parallel` bounds how many events are with the function at once; on AWS that is its concurrency. Ranges:
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    function_name: str
    function_arn: str
    maximum_retry_attempts: int = 2
    maximum_event_age_seconds: int = 21_600
    on_success_arn: str | None = None
    on_failure_arn: str | None = None
    parallel: int = 1

    def __post_init__(self) -> None:
        """Refuse what AWS refuses, so that a wrong setting fails here and not first in the cloud."""
        for name, value, lowest, highest in (
            ("maximum_retry_attempts", self.maximum_retry_attempts, 0, 2),
            ("maximum_event_age_seconds", self.maximum_event_age_seconds, 60, 21_600),
            ("parallel", self.parallel, 1, 1_000),
        ):
            if not lowest <= value <= highest:
                raise ValueError(f"{name} of {self.function_name} is {value}: {lowest} to {highest} is right")


@dataclass(frozen=True, kw_only=True)
class PipeSettings:
    """A pipe from an SQS queue to a function, fire and forget.

    `batch_size` is at most what one ReceiveMessage gives. Source:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
    """

    name: str
    queue_arn: str
    queue_url: str
    function_name: str
    batch_size: int = 10

    def __post_init__(self) -> None:
        """Refuse what this runner doesn't do."""
        if not 1 <= self.batch_size <= 10:
            raise ValueError(f"batch_size of the pipe {self.name} is {self.batch_size}: only 1 to 10 are emulated")

    @property
    def region(self) -> str:
        """Of the queue."""
        return self.queue_arn.split(":")[3]
