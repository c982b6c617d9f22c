"""Time as the runners need it: a clock that never steps back, and AWS's spelling of a moment."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def steady_clock() -> Callable[[], float]:
    """Returns a clock of epoch seconds that never steps back: back-off must not follow a corrected wall clock."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset


def utc_milliseconds(epoch_seconds: float) -> str:
    """Formats a moment as invocation records hold it: `2023-11-14T22:13:20.000Z`."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
