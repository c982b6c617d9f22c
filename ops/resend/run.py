"""START HERE: sends failed requests again. Take, decide, send, wait for their end in the status table, delete.

A message is deleted when its request is settled, never before: while it waits it is held, so that no other operator
gets it, and given back at the end. A crash at any point leaves it in the queue, and the next run finds in the status
table how its request ended.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from botocore.exceptions import BotoCoreError, ClientError

from ops.dead_letter_queue import DeadLetterQueue
from ops.errors import OpsError
from ops.resend.decision import Decision, Verdict, decide
from ops.resend.failed_request import FailedRequest, FailurePlace, read_failure
from ops.resend.mending import Mending
from ops.resend.report import SETTLED, End, ResendReport
from scilearn.errors import TransientError
from scilearn.request_id import accepted_at_milliseconds
from scilearn.status_record import StatusRecord

REQUESTS_PER_CHUNK = 200
"""A message may be 200 KB."""
POLL_SECONDS = 1.0
WAIT_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class ResendChoice:
    """What to send again. No `reasons` means all. When nothing settles for `wait_seconds`, the others stay pending."""

    reasons: frozenset[str] = frozenset()
    only_id: str | None = None
    limit: int | None = None
    drop_poison: bool = False
    dry_run: bool = False
    wait_seconds: float = WAIT_SECONDS


@dataclass(kw_only=True)
class _Sending:
    """One request sent in this run, and its messages: two may be of the same request."""

    resend: int
    failures: list[FailedRequest]


@dataclass(kw_only=True)
class Resend:
    """One run. `read` gives the status of a request now, `send` puts a message into the queue of requests."""

    queues: dict[FailurePlace, DeadLetterQueue]
    read: Callable[[str], StatusRecord | None]
    send: Callable[[str], object]
    choice: ResendChoice
    mending: Mending
    report: ResendReport
    progress: Callable[[ResendReport], None] = lambda _: None
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    requests_per_chunk: int = REQUESTS_PER_CHUNK
    _sent: dict[str, int] = field(default_factory=dict)

    def __call__(self) -> ResendReport:
        """Runs it. Whatever ends the run, the held messages are given back."""
        held = self._in_flight()
        try:
            chunk: list[FailedRequest] = []
            for failure in self._chosen():
                chunk.append(failure)
                self.report.limit_reached = self.report.ends.total() + len(chunk) == self.choice.limit
                if self.report.limit_reached or len(chunk) >= self.requests_per_chunk:
                    self._finish(chunk)
                    chunk = []
                if self.report.limit_reached:
                    break
            self._finish(chunk)
            if any(queue.is_full for queue in self.queues.values()) and not self.report.limit_reached:
                self.report.stopped = "too many messages are held, so the queue gives no more: choose by --reason"
        finally:
            for queue in self.queues.values():
                queue.give_back()
        self.report.held = min(held, self._in_flight())
        return self.report

    def _chosen(self) -> Iterator[FailedRequest]:
        places = ((place, queue.messages()) for place, queue in self.queues.items())
        for place, name, text in chain.from_iterable(
            ((place, *each) for each in messages) for place, messages in places
        ):
            failure = read_failure(place, name, text)
            if failure is None:
                self.report.foreign += 1
            elif not self._is_chosen(failure):
                self.report.skipped += 1
                self.report.other_reasons.add(failure.reason)
            else:
                yield failure

    def _is_chosen(self, failure: FailedRequest) -> bool:
        if self.choice.reasons and failure.reason not in self.choice.reasons:
            return False
        if self.choice.only_id is not None and failure.request_id != self.choice.only_id:
            return False
        # A request that this run has sent may have failed again: that new failure is for the next run.
        return failure.request_id is None or failure.resend < self._sent.get(failure.request_id, failure.resend + 1)

    def _finish(self, chunk: Sequence[FailedRequest]) -> None:
        sendings: dict[str, _Sending] = {}
        for failure in chunk:
            self._extend()
            decision = decide(failure, self._record(failure.request_id), now=self.now())
            if self.choice.dry_run:
                self._list(failure, decision)
            elif decision.verdict is Verdict.SEND:
                self._send(failure, decision, sendings)
            else:
                self._leave_or_delete(failure, decision)
        self._watch(sendings)
        self.progress(self.report)

    def _list(self, failure: FailedRequest, decision: Decision) -> None:
        self.report.note(failure, End.LISTED, busy_until=decision.busy_until, now=f"would {_WOULD[decision.verdict]}")

    def _leave_or_delete(self, failure: FailedRequest, decision: Decision) -> None:
        match decision.verdict:
            case Verdict.DONE:
                self._end(failure, End.DONE_BEFORE)
            case Verdict.SUPERSEDED:
                self._end(failure, End.SUPERSEDED)
            case Verdict.POISON if self.choice.drop_poison:
                self._end(failure, End.DROPPED)
            case Verdict.POISON:
                self._end(failure, End.POISON)
            case _:
                self.report.note(failure, End.BUSY, busy_until=decision.busy_until)

    def _send(self, failure: FailedRequest, decision: Decision, sendings: dict[str, _Sending]) -> None:
        request_id = str(failure.request_id)
        if request_id in sendings:  # two messages of one request: it is sent once, and both end as it does
            sendings[request_id].failures.append(failure)
            return
        if self._sent.get(request_id, 0) >= decision.resend:  # in an earlier chunk, and no invocation has begun it yet
            self.report.note(failure, End.PENDING, resend=decision.resend)
            return
        if failure.content is None and self.mending.replacement is None:
            self.report.note(failure, End.NOT_JSON)
            return
        try:
            self.send(self._message(failure, request_id, decision.resend))
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            self.report.note(failure, End.NOT_SENT, now=code)
            return
        self.report.sent += 1
        self._sent[request_id] = decision.resend
        sendings[request_id] = _Sending(resend=decision.resend, failures=[failure])

    def _message(self, failure: FailedRequest, request_id: str, resend: int) -> str:
        """Makes the message. The id stays the first member: that lets the service settle even what isn't JSON."""
        content = failure.content or {"accepted_at": accepted_at_milliseconds(request_id)}
        known = {name: value for name, value in content.items() if name not in ("request_id", "request", "resend")}
        request = self.mending.of(content.get("request"))
        return json.dumps({"request_id": request_id, **known, "request": request, "resend": resend})

    def _watch(self, sendings: dict[str, _Sending]) -> None:
        """Waits until each is settled, or nothing has settled for `wait_seconds`."""
        waiting, moved_at = dict(sendings), self.now()
        while waiting and self.now() - moved_at <= self.choice.wait_seconds:
            self._extend()
            for request_id, sending in list(waiting.items()):
                record = self._record(request_id)
                if record is not None and _is_settled(record, sending.resend):
                    self._settled(sending, record)
                    del waiting[request_id]
                    moved_at = self.now()
            self.progress(self.report)
            if waiting:
                self.sleep(POLL_SECONDS)
        for sending in waiting.values():
            for failure in sending.failures:
                self.report.note(failure, End.PENDING, resend=sending.resend)

    def _settled(self, sending: _Sending, record: StatusRecord) -> None:
        code = (record.reason or {}).get("code", "") if record.state == "failed" else ""
        end = End.FAILED_AGAIN if record.state == "failed" else End.SUCCEEDED
        for failure in sending.failures:
            self._end(failure, end, resend=sending.resend, now=code)

    def _end(self, failure: FailedRequest, end: End, *, resend: int = 0, now: str = "") -> None:
        if end in SETTLED and self.queues[failure.place].delete([failure.name]):
            end = End.NOT_DELETED
        self.report.note(failure, end, resend=resend, now=now)

    def _record(self, request_id: str | None) -> StatusRecord | None:
        if request_id is None:
            return None
        try:
            return self.read(request_id)
        except TransientError as error:
            raise OpsError(f"{error.message} Nothing is lost: run it again.") from error

    def _in_flight(self) -> int:
        return sum(queue.in_flight() for queue in self.queues.values())

    def _extend(self) -> None:
        for queue in self.queues.values():
            queue.extend()


_WOULD = {
    Verdict.SEND: "be sent",
    Verdict.DONE: "be deleted: it has succeeded",
    Verdict.SUPERSEDED: "be deleted: a later attempt has failed, too",
    Verdict.BUSY: "be left: an invocation may still be at it",
    Verdict.POISON: "be left: it names no request",
}


def _is_settled(record: StatusRecord, resend: int) -> bool:
    return record.state == "succeeded" or (record.state == "failed" and record.resend >= resend)
