"""Decides what to do with a failed request: pure rules over what the status table says about it.

The number makes it safe: of all messages with the same number the service runs one, and only where the request has
failed with a lower one (`scilearn.claims`). So two operators, or a second run after a crash, who see the same state
send the same number, and that is one analysis.
"""

from dataclasses import dataclass
from enum import StrEnum

from ops.resend.failed_request import FailedRequest
from scilearn.status_answer import RETRY_SECONDS
from scilearn.status_record import StatusRecord


class Verdict(StrEnum):
    """SEND: again, with a number. DONE, SUPERSEDED: settled, the message can go. BUSY: later. POISON: never."""

    SEND = "send"
    DONE = "done"
    SUPERSEDED = "superseded"
    BUSY = "busy"
    POISON = "poison"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`resend` is the number to send with; until `busy_until` (seconds since 1970) an invocation may work on it."""

    verdict: Verdict
    resend: int = 0
    busy_until: int = 0


def decide(failure: FailedRequest, record: StatusRecord | None, *, now: float) -> Decision:
    """Decides by the request's status record, None where it has none. `now` is in seconds since 1970."""
    if failure.request_id is None:
        return Decision(verdict=Verdict.POISON)
    if record is None:
        return Decision(verdict=Verdict.SEND, resend=failure.resend + 1)
    if record.state == "succeeded":
        return Decision(verdict=Verdict.DONE)
    if record.state == "failed" and record.resend > failure.resend:
        return Decision(verdict=Verdict.SUPERSEDED)  # sent again and failed again: that failure has its own message
    until = _busy_until(failure, record)
    if until > now:
        return Decision(verdict=Verdict.BUSY, busy_until=until)
    return Decision(verdict=Verdict.SEND, resend=max(failure.resend, record.resend) + 1)


def _busy_until(failure: FailedRequest, record: StatusRecord) -> int:
    """Gives the time until which the service refuses another message, or Lambda may still retry."""
    if record.state == "running":
        return record.lease_until
    given_up = record.claimed_by == failure.invocation_id  # Lambda reports an invocation after its last try
    return 0 if record.state == "failed" or given_up else record.lease_until + RETRY_SECONDS["waiting"]
