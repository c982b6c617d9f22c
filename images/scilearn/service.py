"""START HERE. The walk of one message: claim, check, read, analyse, store, settle.

Ends in one of three ways. It returns: succeeded, or a duplicate that did nothing. It raises AnalysisFailedError: the
failure is settled in the status table, and Lambda's retries find it there and end the same way without running it,
until the on-failure destination gets the message. It raises TransientError: the claim is released, Lambda tries
again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lambda_kit.error_place import error_place
from lambda_kit.telemetry import log
from scilearn.claims import Delivery, Refusal, released
from scilearn.errors import AnalysisFailedError, PermanentError, TransientError
from scilearn.pipe_event import Message, message_of
from scilearn.status_record import StatusRecord
from scilearn.status_table import StatusTable
from scilearn.usage import Meter


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A stored analysis: where its files are, the inline copy if it is small, and how much was read."""

    analysis: str
    result: dict[str, Any]
    rows: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AnalysisService:
    """`analyse(request_id, request, seconds_left)` does the work between claim and settlement.

    `new_token` gives a unique text; `kept_seconds` is how long a status is kept.
    """

    table: StatusTable
    analyse: Callable[[str, Any, float], Finished]
    kept_seconds: int
    maximum_tries: int
    new_token: Callable[[], str]
    now: Callable[[], float] = time.time

    def handle(self, event: Any, *, invocation_id: str, seconds_left: float) -> dict[str, Any]:
        """Handles a batch. Gives what on-success gets: `{"request_id", "state", "duplicate", ...}`, never data."""
        message = message_of(event)
        now = self.now()
        claim = self.table.claim(
            Delivery(
                request_id=message.request_id,
                invocation_id=invocation_id,
                resend=message.resend,
                accepted_at_milliseconds=message.accepted_at_milliseconds,
                now=now,
                ends_at=now + seconds_left,
                kept_seconds=self.kept_seconds,
                token=self.new_token(),
            )
        )
        if isinstance(claim, Refusal):
            return _refused(claim)
        log("analysis started", request_id=message.request_id, tries=claim.tries, resend=claim.resend)
        return self._run(message, claim, seconds_left)

    def _run(self, message: Message, claim: StatusRecord, seconds_left: float) -> dict[str, Any]:
        meter = Meter()
        try:
            if not message.readable:
                raise PermanentError("bad_request", "The request is not JSON.")
            finished = self.analyse(message.request_id, message.request, seconds_left)
        except PermanentError as error:
            return self._failed(claim, error.code, error.message, meter)
        except MemoryError:
            text = "The analysis needs more memory than the function has: lower `max_rows` or read fewer columns."
            return self._failed(claim, "out_of_memory", text, meter)
        except TransientError as error:
            return self._again(claim, error, meter)
        except Exception as error:  # the edge: a fault of ours; its type and place, never its text
            text = f"A fault of the analysis service: {error_place(error)}."
            return self._again(claim, TransientError("internal_error", text), meter)
        usage = meter.read() | finished.rows
        settled = replace(claim, state="succeeded", analysis=finished.analysis, result=finished.result)
        if not self._settle(claim, settled, usage):
            return _superseded(claim)
        log("analysis succeeded", request_id=claim.request_id, analysis=finished.analysis, **usage)
        return _succeeded(settled, duplicate=False)

    def _failed(self, claim: StatusRecord, code: str, message: str, meter: Meter) -> dict[str, Any]:
        usage = meter.read()
        settled = replace(claim, state="failed", reason={"code": code, "message": message})
        if not self._settle(claim, settled, usage):
            return _superseded(claim)
        log("analysis failed", level="ERROR", request_id=claim.request_id, code=code, **usage)
        raise AnalysisFailedError(f"{claim.request_id}: {code}: {message}")

    def _again(self, claim: StatusRecord, error: TransientError, meter: Meter) -> dict[str, Any]:
        if claim.tries >= self.maximum_tries:
            return self._failed(claim, error.code, f"{error.message} Given up after {claim.tries} tries.", meter)
        if not self.table.write(released(claim, now=self.now()), over=claim):
            return _superseded(claim)
        log("analysis to be retried", level="WARNING", request_id=claim.request_id, code=error.code, tries=claim.tries)
        raise error

    def _settle(self, claim: StatusRecord, settled: StatusRecord, usage: dict[str, Any]) -> bool:
        now = self.now()
        return self.table.write(
            replace(
                settled,
                version=claim.version + 1,
                lease_until=int(now),
                settled_at_milliseconds=int(now * 1000),
                expires_at=int(now) + self.kept_seconds,
                usage=usage,
            ),
            over=claim,
        )


def _succeeded(record: StatusRecord, *, duplicate: bool) -> dict[str, Any]:
    result = record.result or {}
    return {
        "request_id": record.request_id,
        "state": "succeeded",
        "duplicate": duplicate,
        "analysis": record.analysis,
        "bucket": result.get("bucket"),
        "keys": result.get("keys"),
    }


def _refused(refusal: Refusal) -> dict[str, Any]:
    record = refusal.record
    log("delivery refused", request_id=record.request_id, state=record.state, is_retry=refusal.is_retry)
    if refusal.kind == "failed" and refusal.is_retry:
        reason = record.reason or {}
        raise AnalysisFailedError(f"{record.request_id}: {reason.get('code')}: {reason.get('message')}")
    if refusal.kind == "succeeded":
        return _succeeded(record, duplicate=not refusal.is_retry)
    return {"request_id": record.request_id, "state": refusal.kind, "duplicate": True}


def _superseded(claim: StatusRecord) -> dict[str, Any]:
    """Gives way to another attempt that took the claim over: its result counts."""
    log("claim lost", level="WARNING", request_id=claim.request_id, version=claim.version)
    return {"request_id": claim.request_id, "state": "superseded", "duplicate": True}
