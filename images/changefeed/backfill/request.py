"""What one invocation of a backfill is asked for and what it hands back: both JSON, made by `ops backfill`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from changefeed.decode.change_record import AttributeMap
from lambda_kit.errors import SettingsError

MOST_ITEMS_OF_A_PAGE = 1_000
"""One bulk request: a page behind other requests of the same page would grow too old to be written unread."""

MOST_SEGMENTS = 1_000_000  # API reference of Scan


@dataclass(frozen=True, kw_only=True)
class BackfillRequest:
    """A segment of the table, and where in it to begin. `max_seconds` ends an invocation earlier than Lambda would."""

    consumer: str
    segment: int
    total_segments: int
    start_key: AttributeMap | None = None
    page_limit: int = MOST_ITEMS_OF_A_PAGE
    read_units_per_second: float | None = None
    max_seconds: float | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "BackfillRequest":
        """Read Lambda's event. Raises SettingsError that lists everything wrong with it."""
        known = {name: event[name] for name in cls.__dataclass_fields__ if event.get(name) is not None}
        problems = [f"{name} is unknown" for name in sorted(event.keys() - cls.__dataclass_fields__.keys())]
        wanted = ("consumer", "segment", "total_segments")
        problems += [f"{name} is missing" for name in wanted if name not in known]
        total = known.get("total_segments", 1)
        if not _is_whole(total, 1, MOST_SEGMENTS):
            problems.append("total_segments is not from 1 to 1000000")
        elif not _is_whole(known.get("segment", 0), 0, total - 1):
            problems.append("segment is not from 0 to below total_segments")
        if not _is_whole(known.get("page_limit", 1), 1, MOST_ITEMS_OF_A_PAGE):
            problems.append(f"page_limit is not from 1 to {MOST_ITEMS_OF_A_PAGE}")
        for name in ("read_units_per_second", "max_seconds"):
            value = known.get(name, 1)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                problems.append(f"{name} is not a number above 0")
        if problems:
            raise SettingsError("Wrong event: " + "; ".join(problems) + ".")
        return cls(**known)


class BackfillAnswer(TypedDict):
    """`next_key` is where to go on; it lies behind settled pages only. `reasons` says why the last page is not one.

    `items` = `written` + `superseded` + `parked`, all of settled pages; `retryable` is of the page that isn't.
    `unindexed`: so many of `written` are not wholly searchable.
    """

    done: bool
    next_key: AttributeMap | None
    items: int
    written: int
    superseded: int
    parked: int
    unindexed: int
    retryable: int
    reasons: list[str]
    pages: int
    read_units: float


@dataclass(kw_only=True)
class BackfillProgress:
    """Where an invocation is."""

    next_key: AttributeMap | None
    done: bool = False
    pages: int = 0
    read_units: float = 0.0
    unindexed: int = 0
    retryable: int = 0
    reasons: set[str] = field(default_factory=set)
    settled: Counter[str] = field(default_factory=Counter)

    def answer(self) -> BackfillAnswer:
        """As it is handed back."""
        return {
            "done": self.done,
            "next_key": self.next_key,
            "items": self.settled.total(),
            "written": self.settled["written"],
            "superseded": self.settled["superseded"],
            "parked": self.settled["parked"],
            "unindexed": self.unindexed,
            "retryable": self.retryable,
            "reasons": sorted(self.reasons),
            "pages": self.pages,
            "read_units": round(self.read_units, 1),
        }


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
