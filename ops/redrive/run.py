"""START HERE: a redrive. Take letters, settle their records by their items' present state, delete only what is settled.

Everything is safe to repeat: a crash between a write and a delete, two runs at once or a second copy of a message only
mean that an item is read once more and its write finds its own version, or a newer one, in the index.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ops.dead_letter_queue import DeadLetterQueue
from ops.redrive.failure_objects import FailureObjects
from ops.redrive.letter import DeadLetter, End
from ops.redrive.letter_reader import LetterReader
from ops.redrive.report import Report
from ops.redrive.settler import Owned, Settler
from ops.redrive.stream_range import RangeState, StreamRange, read_ranges
from streams.reader import StreamReader

LETTERS_PER_CHUNK = 500
CHANGES_PER_CHUNK = 2_000
"""Ends a chunk early: an object may hold 10,000 records. Without their images they are small."""
CHANGES_PER_WRITE = 500

Delete = Callable[[Sequence[str]], set[str]]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What to redrive. No `reasons` means all. `limit` counts messages and objects, not records."""

    reasons: frozenset[str] = frozenset()
    limit: int | None = None
    drop_expired: bool = False
    dry_run: bool = False


@dataclass(kw_only=True)
class Redrive:
    """One run over a consumer's queue and, where it has one, its bucket."""

    read_letter: LetterReader
    settle: Settler
    open_stream: Callable[[str], StreamReader]
    queue: DeadLetterQueue | None
    objects: FailureObjects | None
    choice: Choice
    report: Report
    progress: Callable[[Report], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep

    def __call__(self) -> Report:
        """Runs it. Whatever ends the run, the held messages are given back."""
        self.report.records = self.settle.records
        if self.queue is not None:
            held = self.queue.in_flight()
            try:
                letters = (self.read_letter(name, body) for name, body in self.queue.messages())
                self._walk(letters, self.queue.delete)
                if self.queue.is_full and self.report.stopped is None and not self.report.limit_reached:
                    self.report.stopped = (
                        f"{self.queue.most_held} messages are held and more wait: narrow it down with --reason, "
                        "or repair what makes them fail and run this again"
                    )
            finally:
                self.queue.give_back()
            self.report.held = min(held, self.queue.in_flight())
        if self.objects is not None and self.report.stopped is None and not self.report.limit_reached:
            contents = self.objects.objects()
            self._walk((self.read_letter(key, body, in_bucket=True) for key, body in contents), self.objects.delete)
        return self.report

    def _walk(self, letters: Iterable[DeadLetter | None], delete: Delete) -> None:
        chunk: list[DeadLetter] = []
        changes = 0
        for letter in letters:
            if letter is None:
                self.report.foreign += 1
            elif self.choice.reasons and letter.reason not in self.choice.reasons:
                self.report.skipped += 1
                self.report.other_reasons.add(letter.reason)
            else:
                chunk.append(letter)
                changes += len(letter.changes)
                self.report.limit_reached = self.report.found + len(chunk) == self.choice.limit
            if len(chunk) >= LETTERS_PER_CHUNK or changes >= CHANGES_PER_CHUNK:
                self._finish(chunk, delete)
                chunk, changes = [], 0
            if self.report.limit_reached or self.report.stopped is not None:
                break
        self._finish(chunk, delete)

    def _finish(self, chunk: Sequence[DeadLetter], delete: Delete) -> None:
        """Settles what the letters hold, then deletes those of which nothing is left."""
        for letter in chunk:
            letter.pending = len(letter.changes)  # all of them, now: a run that is stopped doesn't come to the last
        for batch in _batches(self._changes(chunk)):
            if self.queue is not None:
                self.queue.extend()
            if self.choice.dry_run:
                _list(batch)
                continue
            unanswered = self.settle(batch)
            self.progress(self.report)
            if unanswered is not None:
                self.report.stopped = (
                    f"not one write was answered ({unanswered}): look at index and table, then run this again"
                )
                break
        if self.choice.dry_run:
            for letter in chunk:
                self.report.note(letter, End.LISTED)
            self.progress(self.report)
            return
        ends = {letter: letter.end(drop_expired=self.choice.drop_expired) for letter in chunk}
        undeleted = delete([letter.name for letter, end in ends.items() if end in (End.SETTLED, End.DROPPED)])
        for letter, end in ends.items():
            if letter.name in undeleted:
                letter.failures["not_deleted"] += 1
            self.report.note(letter, End.FAILING if letter.name in undeleted else end)
        self.progress(self.report)

    def _changes(self, chunk: Sequence[DeadLetter]) -> Iterator[Owned]:
        """Yields every change that the letters hold or name. A stream range is read when its changes are asked for."""
        by_shard: dict[tuple[str, str], dict[StreamRange, DeadLetter]] = {}
        for letter in chunk:
            if letter.stream_range is not None:
                at = letter.stream_range
                by_shard.setdefault((at.stream_arn, at.shard_id), {})[at] = letter
                continue
            yield from ((letter, change) for change in letter.changes)
        for (stream_arn, _), letters in by_shard.items():
            for at, record in read_ranges(self.open_stream(stream_arn), list(letters), sleep=self.sleep):
                letter = letters[at]
                found = self.read_letter.add(letter, record.event_record)
                if found is not None:
                    letter.pending += 1
                    yield letter, found
            for at, letter in letters.items():
                letter.is_read = True
                if at.state is RangeState.UNREADABLE:
                    letter.failures[at.error or "range_unreadable"] += 1


def _list(batch: Sequence[Owned]) -> None:
    for letter, change in batch:
        letter.pending -= 1
        letter.note_id(change)


def _batches(changes: Iterable[Owned]) -> Iterator[list[Owned]]:
    """Cuts into lists of `CHANGES_PER_WRITE` changes; the last one may be shorter."""
    rest = iter(changes)
    while batch := list(islice(rest, CHANGES_PER_WRITE)):
        yield batch
