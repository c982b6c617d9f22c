"""Collects one poller's batches: a batch ends by its size, its window, or the 6 MB of an event."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.runners.queue_mapping.settings import MAX_PAYLOAD_BYTES, MOST_WITHOUT_WINDOW, QueueMappingSettings
from local.runners.queue_record import queue_record
from streams.record import event_json

POLL_SECONDS = 1
_PAUSE_SECONDS = 0.05
_ENVELOPE_BYTES = len(event_json({"Records": []}))


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message in hand, until `hidden_until` (of the collector's clock); then others may receive it, too."""

    message_id: str
    receipt: str
    record: dict[str, Any]
    hidden_until: float
    size: int
    """In the event, with the comma."""


@dataclass(kw_only=True)
class BatchCollector:
    """Batches of one poller. `receive` gets at most so many messages, and waits so many seconds for the first.

    `pause` sleeps, and returns True when everything ends: then no window is waited for.
    """

    settings: QueueMappingSettings
    receive: Callable[[int, int], list[Mapping[str, Any]]]
    pause: Callable[[float], bool]
    clock: Callable[[], float] = time.monotonic
    _left: list[Received] = field(default_factory=list)
    """Received, and too much for the last event."""

    def collect(self) -> list[Received]:
        """Returns the next batch, empty when no message came within a poll. Raises what the first receipt raises."""
        batch, self._left = self._left, []
        ends = self.clock() + self.settings.batching_window_seconds
        while not self._is_full(batch):
            try:
                came = self._receive(self.settings.batch_size - len(batch), 0 if batch else POLL_SECONDS)
            except Exception:
                if not batch:
                    raise
                break  # what is in hand goes; the next poll will say what is wrong
            if came and not batch:
                ends = self.clock() + self.settings.batching_window_seconds
            batch += came
            if not batch or self.clock() >= ends or (not came and self.pause(_PAUSE_SECONDS)):
                break
        return self._cut(batch)

    def _receive(self, most: int, wait_seconds: int) -> list[Received]:
        hidden_until = self.clock() + self.settings.visibility_seconds
        messages = self.receive(min(MOST_WITHOUT_WINDOW, most), wait_seconds)
        records = [queue_record(message, self.settings.queue_arn) for message in messages]
        return [
            Received(
                message_id=record["messageId"],
                receipt=record["receiptHandle"],
                record=record,
                hidden_until=hidden_until,
                size=len(event_json(record)) + 1,
            )
            for record in records
        ]

    def _is_full(self, batch: list[Received]) -> bool:
        size = _ENVELOPE_BYTES + sum(each.size for each in batch)
        return len(batch) >= self.settings.batch_size or size >= MAX_PAYLOAD_BYTES

    def _cut(self, batch: list[Received]) -> list[Received]:
        """Keeps what the event has no room for; a single message always goes."""
        size, fits = _ENVELOPE_BYTES, 0
        for each in batch:
            size += each.size
            if fits and size > MAX_PAYLOAD_BYTES:
                break
            fits += 1
        self._left = batch[fits:]
        return batch[:fits]
