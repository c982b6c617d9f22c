"""The answer from which Lambda knows where to go on.

With ReportBatchItemFailures the lowest reported sequence number is the checkpoint: everything before it is done,
everything from it on comes again. An empty list is success. Source:
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from collections.abc import Iterable
from typing import TypedDict


class BatchItemFailure(TypedDict):
    """One failed record, by its sequence number."""

    itemIdentifier: str


class PartialBatchResponse(TypedDict):
    """What a handler returns to an event source mapping."""

    batchItemFailures: list[BatchItemFailure]


def partial_batch_response(failed: Iterable[str]) -> PartialBatchResponse:
    """Report the lowest of the failed sequence numbers, compared as integers: as texts, "10" < "9"."""
    lowest = min(failed, key=int, default=None)
    return {"batchItemFailures": [] if lowest is None else [{"itemIdentifier": lowest}]}
