"""Shows a run: a line as each check ends, and between them what is waited for, at least every few seconds."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.status import Status

from ops.smoke.check import Finding, State

SECONDS_BETWEEN_LINES = 4.0
"""Where standard error is no terminal, so that lines stay."""
_WORDS = {State.OK: "ok     ", State.FAILED: "FAILED ", State.SKIPPED: "-      "}


class Ticker:
    """Says what the run waits for: in place on a terminal, else as a line, now and then, if nothing else was said."""

    def __init__(
        self,
        console: Console | None = None,
        *,
        seconds: float = SECONDS_BETWEEN_LINES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True, soft_wrap=True)
        self._seconds = seconds
        self._clock = clock
        self._text, self._since = "", clock()
        self._shown_at = clock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self._status: Status | None = self._console.status("") if self._console.is_terminal else None

    def __enter__(self) -> "Ticker":
        if self._status is not None:
            self._status.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """Takes what the run is at now; it is shown with the next tick."""
        self._text = text
        if self._status is not None:
            self._status.update(text)

    def begin_again(self) -> None:
        """Starts to count anew: a check's line was printed."""
        self._since = self._shown_at = self._clock()

    def _run(self) -> None:
        while not self._ended.wait(min(1.0, self._seconds)):
            now = self._clock()
            line = f"... {now - self._since:.0f} s: {self._text}"
            if self._status is not None:
                self._status.update(line)
            elif now - self._shown_at >= self._seconds:
                self._shown_at = now
                self._console.print(line, markup=False, highlight=False)


def print_finding(finding: Finding) -> None:
    """Prints a check's line on standard output, with cause and cure below it."""
    took = f" ({finding.seconds:.1f} s)" if finding.state is not State.SKIPPED else ""
    print(f"{_WORDS[finding.state]}{finding.check}: {finding.detail}{took}", flush=True)
    if finding.state is State.FAILED:
        print(f"       cause: {finding.cause}.\n       cure:  {finding.cure}", flush=True)
