"""What a resending found and did, request by request and counted by reason."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ops.resend.failed_request import FailedRequest

MOST_DETAILS = 10_000
"""Requests that are listed one by one; the counts hold all of them."""


class End(StrEnum):
    """How a failed request ended. The first five leave the queue, the others stay in it."""

    SUCCEEDED = "succeeded"
    FAILED_AGAIN = "failed_again"
    DONE_BEFORE = "done_before"
    SUPERSEDED = "superseded"
    DROPPED = "dropped"
    LISTED = "listed"
    BUSY = "busy"
    PENDING = "pending"
    POISON = "poison"
    NOT_JSON = "not_json"
    NOT_SENT = "not_sent"
    NOT_DELETED = "not_deleted"


SETTLED = frozenset({End.SUCCEEDED, End.FAILED_AGAIN, End.DONE_BEFORE, End.SUPERSEDED, End.DROPPED})
_CLEAN = SETTLED - {End.FAILED_AGAIN} | {End.LISTED}


@dataclass(kw_only=True)
class ResendReport:
    """`skipped` were not chosen, `foreign` are no failures of this service, `sent` counts messages sent."""

    dry_run: bool
    ends: Counter[tuple[str, End]] = field(default_factory=Counter)
    """By reason and end."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0
    skipped: int = 0
    foreign: int = 0
    limit_reached: bool = False
    stopped: str | None = None
    held: int = 0
    """Messages that another reader held from beginning to end, as far as SQS's counts tell."""
    other_reasons: set[str] = field(default_factory=set)
    """Why those wait that were not chosen."""
    superseded: set[str | None] = field(default_factory=set)
    others: set[str | None] = field(default_factory=set)
    """Requests by their ids: with an older message that was superseded, and with one that ended in another way."""

    @property
    def unseen(self) -> list[str]:
        """Requests that have failed again since, and whose newer failure this run has not met."""
        return sorted(str(each) for each in self.superseded - self.others)

    @property
    def is_clean(self) -> bool:
        """True when nothing that was chosen is left, or could be, and nothing failed again."""
        left = self.stopped or self.held or self.foreign or self.unseen
        return not left and all(end in _CLEAN for _, end in self.ends)

    def note(self, failure: FailedRequest, end: End, *, resend: int = 0, busy_until: int = 0, now: str = "") -> None:
        """Counts one that came to its end; `now` is a code: why it failed again, or was not sent."""
        self.ends[failure.reason, end] += 1
        (self.superseded if end is End.SUPERSEDED else self.others).add(failure.request_id)
        if len(self.requests) >= MOST_DETAILS:
            return
        request: dict[str, Any] = {
            "request_id": failure.request_id,
            "reason": failure.reason,
            "place": failure.place,
            "message": failure.name,
            "end": end,
        }
        request |= {"resend": resend} if resend else {}
        request |= {"busy_until": _time(busy_until)} if busy_until else {}
        request |= {"now": now} if now else {}
        self.requests.append(request)

    def as_json(self) -> dict[str, Any]:
        """Gives the same as plain values, for `--json`."""
        return {
            "service": "scilearn",
            "dry_run": self.dry_run,
            "found": self.ends.total(),
            "sent": self.sent,
            "ends": [{"reason": reason, "end": end, "count": n} for (reason, end), n in sorted(self.ends.items())],
            "requests": self.requests,
            "skipped": self.skipped,
            "foreign": self.foreign,
            "held_by_others": self.held,
            "newer_failure_not_seen": self.unseen,
            "limit_reached": self.limit_reached,
            "stopped": self.stopped,
        }


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat()
