"""START HERE. Runs one mapping of a queue as Lambda does: pollers, each with one batch at the function at a time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.runners.counters import Counters
from local.runners.invocation import Invoke
from local.runners.polling.backoff import Backoff
from local.runners.queue_mapping.poller import QueuePoller
from local.runners.queue_mapping.settings import QueueMappingSettings
from local.runners.queue_mapping.status import QueueMappingStatus

RETRY_SECONDS = 1.0
_LOOK_SECONDS = 0.05
_DUE = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


@dataclass(kw_only=True)
class QueueMappingRunner:
    """A started mapping: `parallel` threads, each a poller. `sqs` is a boto3 client, its time-outs above the poll."""

    settings: QueueMappingSettings
    sqs: Any
    invoke: Invoke
    backoff: Backoff = field(default_factory=Backoff)
    clock: Callable[[], float] = time.monotonic
    _counters: Counters[QueueMappingStatus] = field(default_factory=lambda: Counters(QueueMappingStatus()))
    _ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def poller(self) -> QueuePoller:
        """Makes one of the mapping's pollers, which count together."""
        return QueuePoller(
            settings=self.settings,
            sqs=self.sqs,
            invoke=self.invoke,
            counters=self._counters,
            ending=self._ending,
            backoff=self.backoff,
            clock=self.clock,
        )

    def start(self) -> None:
        """Begins; returns at once. Call it once."""
        for number in range(self.settings.parallel):
            name = f"queue-mapping-{self.settings.queue_name}-{number}"
            self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
            self._threads[-1].start()

    def stop(self, timeout_seconds: float = 5.0) -> bool:
        """Ends all threads; False when an invocation was still running after the time. Its messages come again."""
        self._ending.set()
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def wait_until_drained(self, timeout_seconds: float) -> bool:
        """Waits until nothing that is due is left in the queue; False after the time. What is delayed is not due."""
        deadline = time.monotonic() + timeout_seconds
        while self._due():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def status(self) -> QueueMappingStatus:
        """Returns the counters."""
        now = self._counters.status()
        pending = now.messages_received - now.messages_deleted - now.messages_returned
        return self._counters.status(pending_messages=pending)

    def _run(self) -> None:
        poller = self.poller()
        while not self._ending.is_set():
            try:
                poller.poll()
            except Exception as error:  # the messages are in the queue and come again
                if not self._ending.is_set():
                    self._counters.add(poll_failures=1)
                    poller.log("can't be read", error)
                self._ending.wait(RETRY_SECONDS)

    def _due(self) -> int:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.settings.queue_url, AttributeNames=_DUE)
        return sum(int(answer["Attributes"][name]) for name in _DUE)
