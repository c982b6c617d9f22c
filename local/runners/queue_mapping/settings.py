"""The settings of one mapping of a queue; names and ranges are those of Lambda's CreateEventSourceMapping."""

from dataclasses import dataclass

from local.runners.ranges import check_ranges

MOST_WITHOUT_WINDOW = 10
"""Messages of a batch that doesn't wait: what one ReceiveMessage gives."""

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Of a synchronous event, which ends a batch early.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""


@dataclass(frozen=True, kw_only=True)
class QueueMappingSettings:
    """One mapping of a standard queue to a function; no filters. The defaults are AWS's own.

    `visibility_seconds` is the queue's, `function_timeout_seconds` the function's; `parallel` is how many batches the
    function has at once. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """

    function_name: str
    queue_arn: str
    queue_url: str
    visibility_seconds: int
    function_timeout_seconds: int
    batch_size: int = 10
    batching_window_seconds: float = 0
    report_batch_item_failures: bool = False
    parallel: int = 1

    def __post_init__(self) -> None:
        """Refuses what AWS refuses, and FIFO queues, which this runner doesn't do."""
        owner = f"the mapping of queue {self.queue_name}"
        check_ranges(self, owner, batch_size=(1, 10_000), batching_window_seconds=(0, 300), parallel=(1, 1_000))
        if self.queue_name.endswith(".fifo"):
            raise ValueError(f"{owner}: FIFO queues are not emulated")
        if self.batch_size > MOST_WITHOUT_WINDOW and self.batching_window_seconds < 1:
            raise ValueError(f"{owner}: a batch_size above {MOST_WITHOUT_WINDOW} needs a window of 1 s or more")
        if self.visibility_seconds < self.function_timeout_seconds:
            raise ValueError(
                f"{owner}: the queue's visibility time-out of {self.visibility_seconds} s is less than the "
                f"function's time-out of {self.function_timeout_seconds} s"
            )

    @property
    def queue_name(self) -> str:
        """Returns the queue's name."""
        return self.queue_arn.split(":")[-1]
