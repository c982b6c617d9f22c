"""Keeps how far a backfill is in a file, after every invocation, so that it can be stopped at any point and resumed.

A driver that is killed loses only the answers of the invocations under way: those pages are read again, which changes
nothing (docs/correctness.md).
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ops.errors import OpsError

FORMAT = 2


@dataclass(kw_only=True)
class Segment:
    """One part of the table; `next_key` is where to go on, None at its beginning."""

    number: int
    next_key: dict[str, Any] | None = None
    done: bool = False


@dataclass(kw_only=True)
class BackfillState:
    """A backfill of one table into one index. Counts are of items; `seconds` is the time of all its runs.

    `table_id` and `index_uuid` tell them from others of the same name that are made later (`ops.identity`).
    """

    table: str
    index: str
    consumer: str
    segments: list[Segment]
    table_id: str | None = None
    index_uuid: str | None = None
    items: int = 0
    written: int = 0
    superseded: int = 0
    parked: int = 0
    unindexed: int = 0
    read_units: float = 0.0
    invocations: int = 0
    runs: int = 0
    seconds: float = 0.0
    format: int = field(default=FORMAT)

    @classmethod
    def new(cls, *, total_segments: int, **about: str | None) -> "BackfillState":
        """Makes the state in which nothing is done yet; `about` is of what."""
        return cls(segments=[Segment(number=number) for number in range(total_segments)], **about)  # type: ignore[arg-type]

    @property
    def about(self) -> dict[str, str | None]:
        """Gives of what it is: names first, then the ids."""
        return {name: getattr(self, name) for name in ("table", "index", "consumer", "table_id", "index_uuid")}

    @property
    def done(self) -> bool:
        """True when every segment is at its end."""
        return all(segment.done for segment in self.segments)

    def take(self, segment: Segment, answer: dict[str, Any]) -> None:
        """Notes what an invocation returned (`changefeed.backfill.request.BackfillAnswer`)."""
        segment.next_key, segment.done = answer["next_key"], answer["done"]
        for count in ("items", "written", "superseded", "parked", "unindexed", "read_units"):
            setattr(self, count, getattr(self, count) + answer.get(count, 0))
        self.invocations += 1

    def save(self, file: Path) -> None:
        """Replaces the file at once: a driver that is killed leaves the old file or the new one, never half of it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.write_text(json.dumps(asdict(self), indent=1) + "\n")
        part.replace(file)


def load_state(file: Path) -> BackfillState | None:
    """Reads the state in a file, None where there is no file. Raises OpsError for a file that is something else."""
    try:
        known = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OpsError(f"{file} can't be read as a backfill's state ({error}): remove it, or name another.") from error
    if not isinstance(known, dict) or known.get("format") != FORMAT:
        raise OpsError(f"{file} is not a backfill's state of this version: remove it, or name another with --state.")
    segments = [Segment(**segment) for segment in known.pop("segments")]
    return BackfillState(segments=segments, **known)
