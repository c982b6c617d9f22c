"""Says what a command waits for, so that it is never silent for long: in place on a terminal, else as lines."""

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

SECONDS_BETWEEN_LINES = 4.0
"""Where standard error is no terminal, so that lines stay."""
LIVE_SECONDS = 0.5


class Ticker:
    """Shows the text of `say`, and for how long; on standard error."""

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
        self._spinner = Spinner("dots")
        # Standard output goes through the live display only where it would disturb it: a file gets its lines itself.
        self._live = Live(self._spinner, console=self._console, transient=True, redirect_stdout=sys.stdout.isatty())

    def __enter__(self) -> "Ticker":
        if self._console.is_terminal:
            self._live.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self._live.stop()

    def say(self, text: str) -> None:
        """Takes what the run is at now; it is shown with the next tick."""
        self._text = text

    def begin_again(self) -> None:
        """Starts to count anew: a check's line was printed."""
        self._since = self._shown_at = self._clock()

    def _run(self) -> None:
        while not self._ended.wait(min(LIVE_SECONDS, self._seconds)):
            now = self._clock()
            line = f"... {now - self._since:.0f} s: {self._text}"
            self._spinner.update(text=Text(line))
            if not self._console.is_terminal and now - self._shown_at >= self._seconds:
                self._shown_at = now
                self._console.print(line, markup=False, highlight=False)
