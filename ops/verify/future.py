"""Notes documents whose versions lie in the future: no change can have one, so a clock was wrong, or a writer foreign.

Their contents may be right. But while such a version lies ahead, each change of the item has to be settled by reading
it, and once that time is over, a change from before that comes late counts as older than it is.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from changefeed.decode.change_record import MICROSECONDS_PER_SECOND
from changefeed.write.pending_write import CLOCK_MARGIN_MICROSECONDS

MOST_IDS = 1_000


@dataclass(kw_only=True)
class FutureVersions:
    """How many there are, and the ids of the first thousand. `clock` is DynamoDB's, in seconds since the epoch."""

    clock: Callable[[], float] = time.time
    count: int = 0
    ids: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, versions: Iterable[tuple[str, int]]) -> None:
        """Takes documents with their versions, as they are now."""
        latest = int(self.clock() * MICROSECONDS_PER_SECOND) + CLOCK_MARGIN_MICROSECONDS
        found = [identifier for identifier, version in versions if version > latest]
        with self._lock:
            self.count += len(found)
            self.ids += found[: MOST_IDS - len(self.ids)]

    def restore(self, noted: Mapping[str, Any]) -> None:
        """Goes on from what an earlier walk gave as JSON; nothing where there was none."""
        self.count, self.ids = noted.get("count", 0), list(noted.get("ids", []))

    def as_json(self) -> dict[str, Any]:
        """Gives it as plain values, for JSON."""
        return {"count": self.count, "ids": self.ids}
