"""What a check is, and how it ends: green with a detail, red with cause and cure, or not tried."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class NotTried(Exception):
    """A check has nothing to look at here; the message says why. That is no failure."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check's result; cause and cure are empty unless it failed."""

    check: str
    state: State
    detail: str
    cause: str = ""
    cure: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Gives it as plain values, for JSON."""
        return asdict(self) | {"seconds": round(self.seconds, 1)}
