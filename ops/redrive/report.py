"""What a redrive found and did: letters by place, reason and end, records by how they ended, and what is left."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ops.redrive.letter import DeadLetter, End, Place

MOST_DETAILS = 10_000
"""Letters that are listed one by one; the counts always hold all of them."""


@dataclass(kw_only=True)
class Report:
    """`records` counts by outcome; `skipped` counts letters of other reasons, `foreign` what is no letter."""

    consumer: str
    index: str
    dry_run: bool
    letters: Counter[tuple[Place, str, End]] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    still_failing: Counter[tuple[Place, str, str]] = field(default_factory=Counter)
    """By place, the old reason and the new one."""
    details: list[dict[str, Any]] = field(default_factory=list)
    skipped: int = 0
    foreign: int = 0
    limit_reached: bool = False
    stopped: str | None = None
    """Why the run ended before everything was looked at, in words."""
    expired: int = 0
    held: int = 0
    """Messages that another reader held from beginning to end, as far as SQS's counts tell."""
    other_reasons: set[str] = field(default_factory=set)
    """Why those wait that were skipped."""

    @property
    def found(self) -> int:
        """Letters that were worked on, or listed."""
        return self.letters.total()

    @property
    def is_clean(self) -> bool:
        """True when nothing that was asked for is left, and nothing that could be it."""
        left = any(end in (End.FAILING, End.EXPIRED) for _, _, end in self.letters)
        return not (left or self.stopped or self.held or self.foreign)

    def note(self, letter: DeadLetter, end: End) -> None:
        """Counts a letter that came to its end."""
        self.letters[letter.place, letter.reason, end] += 1
        new_reasons = letter.new_reasons() if end in (End.LISTED, End.EXPIRED, End.FAILING) else []
        self.expired += bool(letter.stream_range and letter.stream_range.is_expired)
        for reason in new_reasons:
            self.still_failing[letter.place, letter.reason, reason] += 1
        if (end is End.LISTED or new_reasons) and len(self.details) < MOST_DETAILS:
            detail: dict[str, Any] = {"place": letter.place, "name": letter.name, "reason": letter.reason, "end": end}
            detail |= {"now": new_reasons} if new_reasons else {}
            detail["ids"] = letter.ids
            if letter.stream_range is not None:
                at = letter.stream_range
                detail |= {"shard": at.shard_id, "start": at.first_text, "batch_end": str(at.last)}
            self.details.append(detail)

    def as_json(self) -> dict[str, Any]:
        """Gives the same as plain values, for `--json`."""
        return {
            "consumer": self.consumer,
            "index": self.index,
            "dry_run": self.dry_run,
            "found": self.found,
            "letters": [
                {"place": place, "reason": reason, "end": end, "count": count}
                for (place, reason, end), count in sorted(self.letters.items())
            ],
            "records": {name: self.records[name] for name in ("written", "superseded", "failing")},
            "still_failing": [
                {"place": place, "reason": old, "now": new, "count": count}
                for (place, old, new), count in sorted(self.still_failing.items())
            ],
            "details": self.details,
            "skipped": self.skipped,
            "foreign": self.foreign,
            "held_by_others": self.held,
            "expired": self.expired,
            "limit_reached": self.limit_reached,
            "stopped": self.stopped,
        }
