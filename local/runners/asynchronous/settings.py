"""The settings of a function's asynchronous invocation and of a pipe; names and ranges are AWS's."""

from dataclasses import dataclass

from local.runners.ranges import check_ranges

WAIT_DIVISOR = 60
"""Every wait between two attempts is AWS's divided by this: 1 s and 2 s instead of one and two minutes."""

MAX_EVENT_BYTES = 1024 * 1024
"""Of an asynchronous event. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""


@dataclass(frozen=True, kw_only=True)
class AsynchronousSettings:
    """One function's asynchronous invocation; the defaults are AWS's: two retries, six hours, no destination.

    `parallel` limits how many events the function has at once; on AWS that is its concurrency. Ranges:
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
        """Refuses what AWS refuses."""
        check_ranges(
            self,
            f"function {self.function_name}",
            maximum_retry_attempts=(0, 2),
            maximum_event_age_seconds=(60, 21_600),
            parallel=(1, 1_000),
        )


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
        """Refuses what this runner doesn't do."""
        check_ranges(self, f"pipe {self.name}", batch_size=(1, 10))
