"""Says what a command is at, so that none is ever silent for long: in place on a terminal, else as lines.

The edge runs one for every command, from before its imports to its end. Commands only say what they are at.
"""

import contextlib
import os
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.live import Live

FIRST_SECONDS = 0.8
"""What ends sooner needs no sign of life."""
SECONDS_BETWEEN_LINES = 4.0
"""Where standard error is no terminal, so that lines stay."""
LIVE_SECONDS = 0.25
SPINNER_WIDTH = 3


class Ticker:
    """Shows a text, and for how long it has been so; on standard error."""

    def __init__(
        self,
        text: str,
        *,
        stream: TextIO | None = None,
        first_seconds: float = FIRST_SECONDS,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._text = text
        self._stream = stream or sys.stderr
        self._between = seconds_between_lines
        self._clock = clock
        self._since = clock()
        self._due = self._since + first_seconds
        self._in_place = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._live: Live | None = None
        self._pauses = 0
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._every = min(LIVE_SECONDS, first_seconds, seconds_between_lines)
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def __enter__(self) -> "Ticker":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self._take_down()

    def say(self, text: str) -> None:
        """Takes what the command is at now; it is shown with the next tick."""
        self._text = text

    def stage(self, text: str) -> None:
        """Takes what the command is at now, and counts its time anew."""
        with self._lock:
            self._text = text
            self._since = self._clock()
            self._due = min(self._due, self._since + self._between)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Shows nothing for a while: a question is asked, or something else has the screen."""
        with self._lock:
            self._pauses += 1
            self._take_down()
        try:
            yield
        finally:
            with self._lock:
                self._pauses -= 1
                self._due = self._clock() + self._between

    def tick(self) -> None:
        """Shows the text, if it is time."""
        with self._lock:
            now = self._clock()
            if self._pauses or now < self._due:
                return
            line = f"... {now - self._since:.0f} s: {self._text}"
            if self._in_place:
                self._show_in_place(line)
            else:
                self._due = now + self._between
                print(line, file=self._stream, flush=True)

    def _run(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more: the command itself goes on
            while not self._ended.wait(self._every):
                self.tick()

    def _show_in_place(self, line: str) -> None:
        from rich.console import Console  # takes 0.15 s, which a pipe needn't wait for
        from rich.live import Live
        from rich.spinner import Spinner
        from rich.text import Text

        if self._live is None:
            console = Console(file=self._stream, soft_wrap=True)  # so that a printed line isn't broken
            self._spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
            # Output goes through the display only where it would disturb it: a file gets its lines itself.
            on_it = sys.stdout.isatty()
            self._live = Live(self._spinner, console=console, transient=True, auto_refresh=False, redirect_stdout=on_it)
            self._live.start()
        self._spinner.update(text=Text(textwrap.fill(line, self._live.console.width - SPINNER_WIDTH)))
        self._live.refresh()

    def _take_down(self) -> None:
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None
