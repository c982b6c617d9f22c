"""What a lane holds and what it wants done: batches with their retry history, and the actions of the state machine."""

from dataclasses import dataclass
from typing import Literal

from local.runners.invocation import InvokeResult
from streams.record import StreamRecord

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Consecutive records of one lane that are invoked together, and what happened to them so far."""

    records: tuple[StreamRecord, ...]
    retries_used: int = 0
    invoke_count: int = 0
    """Invocations of this batch since it took its present extent: one more than its retries."""
    failures_in_a_row: int = 0
    """Drives the back-off; counts throttles too, which use up no retries."""
    not_before_seconds: float = 0
    last_result: InvokeResult | None = None
    condition: Condition | None = None
    """Set when the batch is given up and only its delivery to the failure destination is left."""


@dataclass(frozen=True, kw_only=True)
class InvokeBatch:
    """Invoke the function with these records, then call `Lane.invoked`."""

    batch: Batch


@dataclass(frozen=True, kw_only=True)
class DiscardBatch:
    """Send this batch to the failure destination, then call `Lane.discarded` or `Lane.discard_failed`."""

    batch: Batch
    condition: Condition


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Nothing to do before `until_seconds`; None: nothing before something is offered or reported."""

    until_seconds: float | None


Action = InvokeBatch | DiscardBatch | Wait
