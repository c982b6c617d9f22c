"""Reads a range of a shard again that a failure message names: from its start to its end sequence number, inclusive.

Ranges of one shard are read together, in order, page by page: a page serves every range that reaches into it. What
the stream no longer keeps is distinguished from what could not be read just now.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from streams.reader import (
    IteratorExpiredError,
    Position,
    RecordsTrimmedError,
    ShardGoneError,
    StreamReader,
)
from streams.record import StreamRecord

EMPTY_PAGES = 20
"""After this many in a row, a quarter of a second apart, the range's end won't come any more."""
EMPTY_PAGE_SECONDS = 0.25
LOST_ITERATORS = 5
UNKNOWN_PLACE_CODES = frozenset({"InvalidArgumentException", "ValidationException"})
"""Kinesis and DynamoDB for a sequence number that this shard never gave: the stream was created again."""


class RangeState(StrEnum):
    """UNREADABLE may be whole another time; EXPIRED never."""

    UNREAD = "unread"
    WHOLE = "whole"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"


@dataclass(kw_only=True, eq=False, slots=True)
class StreamRange:
    """Sequence numbers are compared as integers; `error` is a code, for UNREADABLE."""

    stream_arn: str
    shard_id: str
    first_text: str
    first: int
    last: int
    state: RangeState = RangeState.UNREAD
    error: str | None = None
    has_first: bool = False

    @property
    def is_expired(self) -> bool:
        """True when the stream no longer has all of it."""
        return self.state is RangeState.EXPIRED


Found = tuple[StreamRange, StreamRecord]


def read_ranges(
    reader: StreamReader, ranges: Sequence[StreamRange], *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Found]:
    """Yields the records of ranges that lie in one shard. Afterwards each range has its state; nothing is raised.

    Memory: one page of the stream (at most 1,000 records of DynamoDB, 10,000 of Kinesis).
    """
    waiting = sorted(ranges, key=lambda each: each.first)
    while waiting:
        waiting = yield from _read_stretch(reader, waiting, sleep)


def _read_stretch(
    reader: StreamReader, waiting: list[StreamRange], sleep: Callable[[float], None]
) -> Generator[Found, None, list[StreamRange]]:
    """Reads on from the first range's start while a range reaches further. Returns the ranges that begin after that."""
    shard_id, reached = waiting[0].shard_id, waiting[0].first
    last_read: str | None = None  # as the stream gave it
    iterator: str | None = None
    empty_pages = lost_iterators = 0
    try:
        while waiting and waiting[0].first <= reached:
            try:
                if iterator is None:
                    iterator = reader.iterator(shard_id, _position(waiting[0], last_read))
                page = reader.read(shard_id, iterator)
            except IteratorExpiredError:  # good for 5 to 15 minutes, and settling a page may take longer
                iterator, lost_iterators = None, lost_iterators + 1
                if lost_iterators > LOST_ITERATORS:
                    raise
                continue
            iterator = page.next_iterator
            if page.records:
                empty_pages, last_read, reached = 0, page.records[-1].sequence_number, page.records[-1].sequence
                yield from _in_ranges(waiting, page.records)
                waiting = _unfinished(waiting, reached)
            elif iterator is not None:
                empty_pages += 1
                if empty_pages >= EMPTY_PAGES and last_read is None:
                    # Kinesis doesn't say that the record asked for is gone; it would be the first of the first page.
                    return _give_up(waiting, reached, RangeState.EXPIRED, None)
                if empty_pages >= EMPTY_PAGES:
                    return _give_up(waiting, reached, RangeState.UNREADABLE, "range_end_not_reached")
                sleep(EMPTY_PAGE_SECONDS)
            if iterator is None and waiting:  # the shard ends before the range does: not the shard that it was
                return _give_up(waiting, reached, RangeState.EXPIRED, None)
    except (RecordsTrimmedError, ShardGoneError):
        return _give_up(waiting, reached, RangeState.EXPIRED, None)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        state = RangeState.EXPIRED if code in UNKNOWN_PLACE_CODES else RangeState.UNREADABLE
        return _give_up(waiting, reached, state, code)
    except (BotoCoreError, IteratorExpiredError) as error:
        return _give_up(waiting, reached, RangeState.UNREADABLE, type(error).__name__)
    return waiting


def _position(start: StreamRange, after: str | None) -> Position:
    if after is not None:
        return Position(kind="AFTER_SEQUENCE_NUMBER", sequence_number=after)
    return Position(kind="AT_SEQUENCE_NUMBER", sequence_number=start.first_text)


def _in_ranges(waiting: Sequence[StreamRange], records: Sequence[StreamRecord]) -> Iterator[Found]:
    for each in waiting:
        if each.first > records[-1].sequence:
            return  # ordered by their starts
        for record in records:
            if each.first <= record.sequence <= each.last:
                each.has_first |= record.sequence == each.first
                yield each, record


def _unfinished(waiting: Sequence[StreamRange], reached: int) -> list[StreamRange]:
    """Sets the state of the ranges that end here. Returns the others, which are still read."""
    for each in waiting:
        if each.last <= reached:
            # Kinesis silently begins at its oldest record when the one asked for is gone.
            each.state = RangeState.WHOLE if each.has_first else RangeState.EXPIRED
    return [each for each in waiting if each.last > reached]


def _give_up(waiting: Sequence[StreamRange], reached: int, state: RangeState, error: str | None) -> list[StreamRange]:
    """Sets the state of the ranges that were being read. Returns the later ones, which are tried separately."""
    for each in waiting:
        if each.first <= reached:
            each.state, each.error = state, error
    return [each for each in waiting if each.first > reached]
