"""What a mapping has done so far, for a status view."""

from dataclasses import dataclass, field

from local.runners.counters import RunnerStatus


@dataclass(frozen=True, kw_only=True)
class MappingStatus(RunnerStatus):
    """A mapping at one moment.

    `records_read`, `records_settled` and `records_discarded` count each record once; `records_delivered` counts every
    attempt.
    """

    records_read: int = 0
    records_delivered: int = 0
    records_settled: int = 0
    records_discarded: int = 0
    invocations: int = 0
    failed_invocations: int = 0
    partial_failures: int = 0
    not_invoked: int = 0
    throttles: int = 0
    batches_sent_to_destination: int = 0
    destination_failures: int = 0
    poll_failures: int = 0
    iterator_age_ms: float = 0
    """Age of the last record of the batch that was settled last, when it was settled (AWS's IteratorAge)."""
    pending_records: int = 0
    checkpoints: dict[str, str | None] = field(default_factory=dict)
    """Shard → the sequence number up to which everything is settled."""
