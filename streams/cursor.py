"""Keeps one shard's position in memory: gets iterators, renews them after the last record read, and knows the end."""

import logging
import math
from dataclasses import dataclass, field

from streams.reader import IteratorExpiredError, Position, RecordsTrimmedError, ShardGoneError, StreamReader
from streams.record import StreamRecord

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class ShardCursor:
    """Reads a shard page by page, no record twice and none left out, across expired iterators."""

    reader: StreamReader
    shard_id: str
    start: Position
    started_at_seconds: float
    """Epoch seconds; stands in for LATEST when its iterator expires before any record was read."""
    is_closed: bool = False
    _position: Position = field(init=False)
    _iterator: str | None = None
    _oldest_seconds: float = -math.inf

    def __post_init__(self) -> None:
        """Begins at the given position."""
        self._position = self.start

    def open(self) -> None:
        """Gets the iterator, so that LATEST means now and not the first read."""
        if self._iterator is None:
            self._iterator = self.reader.iterator(self.shard_id, self._position)

    def read(self) -> tuple[StreamRecord, ...]:
        """Reads the next records; empty at the tip of the shard, at its end, and after an iterator was lost.

        Raises `ShardGoneError` and whatever the service raises; the position is kept, so reading may go on.
        """
        if self.is_closed:
            return ()
        try:
            self.open()
            page = self.reader.read(self.shard_id, self._iterator or "")
        except IteratorExpiredError:
            self._iterator = None
            if self._position.kind == "LATEST":
                # A new LATEST would skip what came since; so: from the oldest, without what is older than the start.
                self._position = Position(kind="TRIM_HORIZON")
                self._oldest_seconds = math.floor(self.started_at_seconds)
            return ()
        except ShardGoneError:
            self._iterator = None  # on a stream that was deleted and made again it would stay invalid
            raise
        except RecordsTrimmedError:
            _log.warning(
                "shard %s: records behind the last one read are trimmed; going on from the oldest", self.shard_id
            )
            self._iterator, self._position = None, Position(kind="TRIM_HORIZON")
            return ()
        self._iterator = page.next_iterator
        self.is_closed = page.next_iterator is None
        if page.records:
            last = page.records[-1].sequence_number
            self._position = Position(kind="AFTER_SEQUENCE_NUMBER", sequence_number=last)
        return tuple(record for record in page.records if record.arrival_seconds >= self._oldest_seconds)
