"""What a mapping has done so far, for a status view: counters that threads add to, and frozen copies of them."""

import threading
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class MappingStatus:
    """A mapping at one moment. A record counts once as read, settled or discarded, as often as sent as delivered."""

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
    """Age of the last record of the batch that was settled last, when it was (AWS's IteratorAge)."""
    pending_records: int = 0
    checkpoints: dict[str, str | None] = field(default_factory=dict)
    """Shard → the sequence number up to which everything is settled."""


@dataclass(kw_only=True)
class MappingCounters:
    """Adds up, safely between threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _status: MappingStatus = field(default_factory=MappingStatus)

    def add(self, **amounts: int) -> None:
        """Add to counters by their names in `MappingStatus`."""
        with self._lock:
            counted = {name: getattr(self._status, name) + amount for name, amount in amounts.items()}
            self._status = replace(self._status, **counted)

    def set_iterator_age(self, milliseconds: float) -> None:
        """Note the age of the record that was settled last."""
        with self._lock:
            self._status = replace(self._status, iterator_age_ms=milliseconds)

    def status(self) -> MappingStatus:
        """The counters now; pending records and checkpoints are the runner's to fill in."""
        with self._lock:
            return self._status
