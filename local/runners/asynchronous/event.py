"""Decides about one asynchronous event: which attempt comes when, and what its result means. No I/O.

A function error is tried again one and two minutes later, as often as the settings allow. A throttle or an error of the
service is tried again from one second on, doubled up to five minutes, and uses up no retry. An event that has grown too
old is given up, and one of a function whose reserved concurrency is 0 at once. Every attempt has the same request id.
Waits are AWS's, divided; an event's age counts them undivided, so that it is given up after as many attempts as on AWS.
Sources: recordings of AWS for the concurrency of 0,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from local.runners.asynchronous.settings import WAIT_DIVISOR, AsynchronousSettings
from local.runners.invocation import InvokeResult

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]

ZERO_CONCURRENCY = InvokeResult(status_code=429)
"""The result of an attempt at a function that may not run: its reserved concurrency is 0, an emergency stop."""

_RETRY_SECONDS = (60.0, 120.0)
_FIRST_THROTTLE_SECONDS, _MOST_THROTTLE_SECONDS = 1.0, 300.0


@dataclass(frozen=True, kw_only=True)
class AsynchronousEvent:
    """An accepted event and what happened to it so far; times are epoch seconds.

    `due` is when it may be tried next. `attempts` counts those in which the function ran, `refusals` those in a row in
    which it didn't. `left_out_seconds` are those by which its waits were shorter than AWS's.
    """

    request_id: str
    payload: Any
    accepted: float
    due: float
    attempts: int = 0
    refusals: int = 0
    left_out_seconds: float = 0.0
    last_result: InvokeResult | None = None

    def age_seconds(self, at: float) -> float:
        """Returns how old it would be on AWS."""
        return at - self.accepted + self.left_out_seconds


@dataclass(frozen=True, kw_only=True)
class Again:
    """An event to try again, not before `event.due`."""

    event: AsynchronousEvent


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An event that is done or given up: the destination of its condition gets the record."""

    event: AsynchronousEvent
    condition: Condition


def accepted(request_id: str, payload: Any, now: float) -> AsynchronousEvent:
    """Makes a new event, due at once."""
    return AsynchronousEvent(request_id=request_id, payload=payload, accepted=now, due=now)


def before_attempt(event: AsynchronousEvent, settings: AsynchronousSettings, now: float) -> Ended | None:
    """Ends an event that waited too long; None: try it."""
    if event.age_seconds(now) > settings.maximum_event_age_seconds:
        return Ended(event=event, condition="EventAgeExceeded")
    return None


def after_attempt(
    event: AsynchronousEvent, result: InvokeResult | None, settings: AsynchronousSettings, now: float
) -> Again | Ended:
    """Judges an attempt's result; None as the result: the function did not run.

    An event whose next attempt would come after its time is given up at once, as there is nothing more to wait for.
    """
    if result is ZERO_CONCURRENCY:
        return Ended(event=event, condition="ZeroReservedConcurrency")
    if result is None or not 200 <= result.status_code < 300:
        wait = min(_MOST_THROTTLE_SECONDS, _FIRST_THROTTLE_SECONDS * 2 ** min(event.refusals, 20))
        return _again(replace(event, refusals=event.refusals + 1), wait, settings, now)
    tried = replace(event, attempts=event.attempts + 1, refusals=0, last_result=result)
    if result.function_error is None:
        return Ended(event=tried, condition="Success")
    if tried.attempts > settings.maximum_retry_attempts:
        return Ended(event=tried, condition="RetriesExhausted")
    return _again(tried, _RETRY_SECONDS[tried.attempts - 1], settings, now)


def _again(event: AsynchronousEvent, wait: float, settings: AsynchronousSettings, now: float) -> Again | Ended:
    if event.age_seconds(now) + wait > settings.maximum_event_age_seconds:
        return Ended(event=event, condition="EventAgeExceeded")
    short = wait / WAIT_DIVISOR
    left_out = event.left_out_seconds + wait - short
    return Again(event=replace(event, due=now + short, left_out_seconds=left_out))
