"""START HERE. Runs one function's asynchronous events: a few threads, each with one event at the function at a time.

What is accepted is in memory, and nothing of it is lost at a stop: what runs is finished; what was tried before is
brought to its end without its waits; what was never tried goes back to its queue, and so does whatever the time
doesn't suffice for. Only a killed process loses it, and the embedded AWS, whose data is not kept either, ends with it.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import EndpointConnectionError

from local.runners.asynchronous.backlog import Backlog, Held
from local.runners.asynchronous.event import Again, AsynchronousEvent, Ended, accepted, after_attempt, before_attempt
from local.runners.asynchronous.invoker import Attempt
from local.runners.asynchronous.settings import AsynchronousSettings
from local.runners.asynchronous.status import AsynchronousStatus
from local.runners.counters import Counters
from local.runners.times import steady_clock

DELIVERY_RETRY_SECONDS = 1.0
"""Until the destination takes the record. AWS counts a DestinationDeliveryFailure and drops it in the end."""

_log = logging.getLogger(__name__)


class Deliver(Protocol):
    """`Destinations.deliver`: False when there is no destination for this end."""

    def __call__(self, ended: Ended, now: float) -> bool:
        """Send the record, or raise."""


@dataclass(kw_only=True)
class AsynchronousRunner:
    """A function's events from acceptance to destination. Rules: `event`; shapes: `invocation_record`."""

    settings: AsynchronousSettings
    attempt: Attempt
    deliver: Deliver
    clock: Callable[[], float] = field(default_factory=steady_clock)
    new_request_id: Callable[[], str] = lambda: str(uuid.uuid4())
    _backlog: Backlog = field(init=False)
    _counters: Counters[AsynchronousStatus] = field(default_factory=lambda: Counters(AsynchronousStatus()))
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing runs yet."""
        self._backlog = Backlog(room=2 * self.settings.parallel, clock=self.clock)

    def start(self) -> None:
        """Begin; returns at once. Call it once."""
        for number in range(self.settings.parallel):
            name = f"asynchronous-{self.settings.function_name}-{number}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait_for_room(self, timeout_seconds: float) -> bool:
        """Wait until another event is welcome; False after the time."""
        return self._backlog.wait_for_room(timeout_seconds)

    def accept(self, payload: Any, *, give_back: Callable[[], None]) -> str:
        """Take an event over, and give its request id. `give_back` returns it to its source, should it come to that.

        RuntimeError after the stop: then it is not taken.
        """
        event = accepted(self.new_request_id(), payload, self.clock())
        if not self._backlog.put(Held(what=event, due=event.due, give_back=give_back)):
            raise RuntimeError(f"the events of {self.settings.function_name} are taken no more")
        self._counters.add(accepted=1)
        return event.request_id

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """End in order; False when an invocation was still running after the time."""
        deadline = time.monotonic() + timeout_seconds
        for held in self._backlog.close():
            self._give_back(held)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for held in self._backlog.empty():
            self._give_back(held)
        return not any(thread.is_alive() for thread in self._threads)

    def is_idle(self) -> bool:
        """Everything that was accepted has ended, its record delivered."""
        now = self.status()
        return now.accepted == now.succeeded + now.given_up + now.given_back

    def status(self) -> AsynchronousStatus:
        """Counters now."""
        return self._counters.status(waiting=len(self._backlog))

    def _work(self) -> None:
        while (held := self._backlog.take()) is not None:
            if isinstance(held.what, Ended):
                self._tell(held.what, held)
                continue
            now = self.clock()
            step = before_attempt(held.what, self.settings, now) or self._try(held.what)
            if isinstance(step, Again):
                self._hold(Held(what=step.event, due=step.event.due, give_back=held.give_back))
            else:
                self._tell(step, held)

    def _try(self, event: AsynchronousEvent) -> Again | Ended:
        result = self.attempt(event)
        ran = result is not None and 200 <= result.status_code < 300
        failed = ran and result is not None and result.function_error is not None
        self._counters.add(attempts=int(ran), failed_attempts=int(failed), not_invoked=int(not ran))
        return after_attempt(event, result, self.settings, self.clock())

    def _tell(self, ended: Ended, held: Held) -> None:
        try:
            sent = self.deliver(ended, self.clock())
        except Exception as error:  # the record is kept until the destination takes it
            _log.warning("a destination of %s fails: %s: %s", self.settings.function_name, type(error).__name__, error)
            self._counters.add(destination_failures=1)
            due = self.clock() + DELIVERY_RETRY_SECONDS
            self._hold(Held(what=ended, due=due, give_back=held.give_back))
            return
        succeeded = ended.condition == "Success"
        self._counters.add(succeeded=int(succeeded), given_up=int(not succeeded), records_sent=int(sent))

    def _hold(self, held: Held) -> None:
        if not self._backlog.put(held):
            self._give_back(held)

    def _give_back(self, held: Held) -> None:
        if isinstance(held.what, Ended):
            _log.error("%s: undelivered: the record of %s", self.settings.function_name, held.what.event.request_id)
            return
        try:
            held.give_back()
            self._counters.add(given_back=1)
        except EndpointConnectionError:
            return  # the embedded AWS has ended, and its queues and their messages with it
        except Exception as error:
            _log.error("%s: %s was not given back: %s", self.settings.function_name, held.what.request_id, error)
