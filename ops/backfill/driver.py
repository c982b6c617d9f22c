"""Drives a backfill: a few segments at a time, one invocation after the other, until all segments are at their end.

The read capacity is that of all segments together: each invocation gets its share, and none is started before what
was read so far has been paid for. Failures are tried again with growing pauses; a segment that makes no progress ends
the run with its reason, and another run can go on from the state.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from ops.backfill.invocation import InvocationError, Invoke
from ops.backfill.state import BackfillState, Segment
from ops.errors import OpsError

SECONDS_AN_INVOCATION = 5.0
"""Short enough to show progress and to lose little when stopped; long enough for starting to cost nothing."""

MOST_FAILURES = 6
LONGEST_PAUSE_SECONDS = 30.0


class BackfillStoppedError(OpsError):
    """The run ended before the table did. The message says why and how to go on."""


@dataclass(kw_only=True)
class Driver:
    """One run. `save` keeps the state, `show` draws it; both are called after every invocation, in this thread."""

    state: BackfillState
    invoke: Invoke
    save: Callable[[BackfillState], None]
    show: Callable[[BackfillState], None] = lambda _: None
    workers: int = 4
    read_capacity: float | None = None
    page_limit: int | None = None
    seconds_an_invocation: float = SECONDS_AN_INVOCATION
    first_pause_seconds: float = 1.0
    clock: Callable[[], float] = time.monotonic
    _failures: dict[int, int] = field(default_factory=dict)
    _not_before: dict[int, float] = field(default_factory=dict)
    _problem: str | None = None
    _stopping: Event = field(default_factory=Event)

    def run(self) -> None:
        """Runs until all is done. Raises BackfillStoppedError otherwise. An interrupt waits for what is under way."""
        waiting = deque(segment for segment in self.state.segments if not segment.done)
        self.workers = max(1, min(self.workers, len(waiting)))
        self.state.runs += 1
        started, driven_before, read_before = self.clock(), self.state.seconds, self.state.read_units
        running: dict[Future[dict[str, Any] | None], Segment] = {}
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                while waiting or running:
                    while waiting and len(running) < self.workers:
                        segment = waiting.popleft()
                        paid = started + (self.state.read_units - read_before) / (self.read_capacity or float("inf"))
                        not_before = max(paid, self._not_before.pop(segment.number, 0.0))
                        running[pool.submit(self._ask, segment, not_before)] = segment
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        segment = running.pop(future)
                        self._take(segment, future)
                        self.state.seconds = driven_before + self.clock() - started
                        self._keep()
                        if not segment.done and not self._stopping.is_set():
                            waiting.append(segment)
                    if self._stopping.is_set():
                        waiting.clear()
            except BaseException:
                self._stopping.set()
                for future, segment in running.items():  # their pages are settled: note it
                    self._take(segment, future)
                self._keep()
                raise
        if self._problem is not None:
            raise BackfillStoppedError(self._problem)

    def _ask(self, segment: Segment, not_before: float) -> dict[str, Any] | None:
        """Makes one invocation, in a worker's thread. Returns None when the run ends before it begins."""
        if self._stopping.wait(max(0.0, not_before - self.clock())):
            return None
        event: dict[str, Any] = {
            "consumer": self.state.consumer,
            "segment": segment.number,
            "total_segments": len(self.state.segments),
            "start_key": segment.next_key,
            "max_seconds": self.seconds_an_invocation,
        }
        if self.read_capacity is not None:
            event["read_units_per_second"] = self.read_capacity / self.workers
        if self.page_limit is not None:
            event["page_limit"] = self.page_limit
        return self.invoke(event)

    def _take(self, segment: Segment, future: "Future[dict[str, Any] | None]") -> None:
        try:
            answer = future.result()
        except InvocationError as error:
            self._fail(segment, str(error), hopeless=error.hopeless)
            return
        if answer is None:
            return
        self.state.take(segment, answer)
        if answer["pages"]:
            self._failures.pop(segment.number, None)
        if answer["reasons"]:
            reasons = "; ".join(answer["reasons"])
            self._fail(segment, f"{answer['retryable']} writes have to be tried again: {reasons}", hopeless=False)

    def _fail(self, segment: Segment, reason: str, *, hopeless: bool) -> None:
        failures = self._failures[segment.number] = self._failures.get(segment.number, 0) + 1
        pause = min(LONGEST_PAUSE_SECONDS, self.first_pause_seconds * 2 ** (failures - 1))
        self._not_before[segment.number] = self.clock() + pause
        if hopeless or failures >= MOST_FAILURES:
            self._problem = self._problem or f"Segment {segment.number} can't go on: {reason}"
            self._stopping.set()

    def _keep(self) -> None:
        self.save(self.state)
        self.show(self.state)
