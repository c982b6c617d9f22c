"""Who may work on a request: the rules of claim and settlement, pure, over what the status table says.

Lambda keeps the request id of an asynchronous invocation over its retries (AWS re:Post, "How do I prevent duplicate
Lambda function invocations?": the same request id after an error or time-out means that Lambda retried), so the same
id may take its own claim over at once: a crash doesn't have to wait for the lease. Any other delivery waits
until the lease is over; a lease ends after the invocation's time limit, so its holder is gone by then. Lambda, SQS and
pipes all deliver at least once, so every delivery may be a duplicate.
"""

from dataclasses import dataclass, replace
from typing import Literal

from scilearn.status_record import SETTLED, StatusRecord

LEASE_MARGIN_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One invocation with a message: who, for what, and until when it can live (seconds since 1970).

    `token` is unique to the attempt, so that no two attempts ever write the same record.
    """

    request_id: str
    invocation_id: str
    resend: int
    accepted_at_milliseconds: int
    now: float
    ends_at: float
    kept_seconds: int
    token: str


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a delivery must not run. `is_retry`: it repeats the invocation that settled the request, and ends like it."""

    kind: Literal["running", "succeeded", "failed"]
    record: StatusRecord
    is_retry: bool


def decide(record: StatusRecord | None, delivery: Delivery) -> StatusRecord | Refusal:
    """Decides who works: gives the record to write in order to own the request, or why this delivery must not."""
    mine = record is not None and record.claimed_by == delivery.invocation_id
    if record is not None and record.state in SETTLED:
        resent = record.state == "failed" and delivery.resend > record.resend
        if not resent:
            kind: Literal["succeeded", "failed"] = "succeeded" if record.state == "succeeded" else "failed"
            return Refusal(kind=kind, record=record, is_retry=mine and delivery.resend == record.resend)
    elif record is not None and record.state == "running" and not mine and record.lease_until > delivery.now:
        return Refusal(kind="running", record=record, is_retry=False)
    return StatusRecord(
        request_id=delivery.request_id,
        state="running",
        version=record.version + 1 if record else 1,
        resend=max(delivery.resend, record.resend) if record else delivery.resend,
        claimed_by=delivery.invocation_id,
        token=delivery.token,
        tries=record.tries + 1 if record and mine else 1,
        lease_until=int(delivery.ends_at) + 1 + LEASE_MARGIN_SECONDS,
        accepted_at_milliseconds=delivery.accepted_at_milliseconds,
        started_at_milliseconds=int(delivery.now * 1000),
        expires_at=int(delivery.now) + delivery.kept_seconds,
    )


def released(claim: StatusRecord, *, now: float) -> StatusRecord:
    """Releases a claim after a transient failure: whoever comes next may run it at once."""
    return replace(claim, state="waiting", version=claim.version + 1, lease_until=int(now))
