"""Plays a stream's batches, or an asynchronous event, to their end, by the runners' own rules on a made-up clock."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.runners.asynchronous.event import Ended, accepted, after_attempt, before_attempt
from local.runners.asynchronous.invocation_record import bus_entry, invocation_record
from local.runners.asynchronous.invoker import FunctionAttempt
from local.runners.invocation import InvokeResult
from local.runners.mapping.batch import DiscardBatch, InvokeBatch
from local.runners.mapping.failure_record import failure_object, failure_record
from local.runners.mapping.lane import Lane
from local.runners.mapping.response import read_outcome
from tests.local import asynchronous_fakes
from tests.local.mapping_fakes import FAILURE, reported, settings
from tests.streams.stream_fakes import NOW, record, sequences

BUS = "arn:aws:events:us-east-1:000000000000:event-bus/b"
RUN_SECONDS = 0.1

Answer = Callable[[list[int]], InvokeResult]


@dataclass(frozen=True, kw_only=True)
class Played:
    """What the function got, and what the failure destination: the message of a queue, the object of a bucket."""

    deliveries: list[list[int]]
    messages: list[dict[str, Any]]
    objects: list[dict[str, Any]]

    def end_of(self, number: int) -> tuple[int, str, int, bool]:
        """Returns how often a record was delivered, and of the last message: condition, count, has it a response."""
        context = self.messages[-1]["requestContext"]
        times = sum(number in delivery for delivery in self.deliveries)
        return times, context["condition"], context["approximateInvokeCount"], "responseContext" in self.messages[-1]


def play(answer: Answer, ages: list[float], **rules: Any) -> Played:
    """Plays records 1, 2, ... that are so many seconds old. Without a limit of retries or age it may never end."""
    mapping = settings(report_batch_item_failures=True, **rules)
    lane, now, played = Lane(settings=mapping), NOW, Played(deliveries=[], messages=[], objects=[])
    lane.offer([record(number, arrival=NOW - age) for number, age in enumerate(ages, start=1)], NOW)
    while lane.pending:
        action = lane.next_action(now, flush=True)
        if isinstance(action, InvokeBatch):
            batch = action.batch.records
            result = answer(sequences(batch))
            played.deliveries.append(sequences(batch))
            lane.invoked(read_outcome(result, batch, report_batch_item_failures=True), now, result=result)
        elif isinstance(action, DiscardBatch):
            played.messages.append(failure_record(action, mapping, "shard", now))
            played.objects.append(failure_object(action, mapping, "shard", now))
            lane.discarded()
        else:
            now = action.until_seconds or now
    return played


def failing(_batch: list[int]) -> InvokeResult:
    """Ends with an error."""
    return FAILURE


def reporting(number: int) -> Answer:
    """Reports a record wherever it is in the batch."""
    return lambda batch: reported(str(number)) if number in batch else reported()


def answering(payload: str) -> Answer:
    """Answers so."""
    return lambda _batch: InvokeResult(status_code=200, payload=payload.encode())


@dataclass(kw_only=True)
class Function:
    """A Lambda client of one function, which fails so often; `concurrency` is what is reserved for it."""

    failures: int = 0
    concurrency: int | None = None

    def get_function_concurrency(self, *, FunctionName: str) -> dict[str, int]:
        """AWS names it only if it is reserved."""
        return {} if self.concurrency is None else {"ReservedConcurrentExecutions": self.concurrency}

    def invoke(self, **_: Any) -> dict[str, Any]:
        """Runs."""
        self.failures -= 1
        error = {"FunctionError": "Unhandled"} if self.failures >= 0 else {}
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps({"n": 1}).encode()), **error}


@dataclass(frozen=True, kw_only=True)
class PlayedEvent:
    """How an event ended, and what the destinations get."""

    record: dict[str, Any]
    on_a_bus: dict[str, Any]
    waits: list[float]
    request_ids: set[str]

    @property
    def end(self) -> tuple[str, int, bool, bool]:
        """Returns condition and count, and which members of the response there are."""
        context = self.record["requestContext"]
        has = ["responseContext" in self.record, "responsePayload" in self.record]
        return context["condition"], context["approximateInvokeCount"], has[0], has[1]


def play_event(function: Function, **rules: Any) -> PlayedEvent:
    """Plays one event; each attempt takes a moment, as a real one does."""
    own, waits, ids = asynchronous_fakes.settings(**rules), list[float](), set[str]()
    attempt = FunctionAttempt(client=function, function_name="work")
    event, now = accepted("id", {"n": 1}, NOW), NOW
    while True:
        ids.add(event.request_id)
        before = before_attempt(event, own, now)
        now += RUN_SECONDS
        step = before or after_attempt(event, attempt(event), own, now)
        if isinstance(step, Ended):
            made = invocation_record(step, own, now)
            return PlayedEvent(record=made, on_a_bus=bus_entry(made, step, own, BUS), waits=waits, request_ids=ids)
        event = step.event
        waits.append(round(event.due - now, 3))
        now = event.due
