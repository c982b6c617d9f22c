"""What commands say while they work: `say`, `stage` and `note`. Where no ticker runs, only notes show."""

import contextlib
import sys
from collections.abc import Iterator

from cli.ticker import Ticker

_tickers: list[Ticker] = []
"""Those that run; the last one shows. There is one a process, but for tests."""


@contextlib.contextmanager
def shown(ticker: Ticker) -> Iterator[None]:
    """Runs a ticker that shows what is said meanwhile, in any thread."""
    with ticker:
        _tickers.append(ticker)
        try:
            yield
        finally:
            _tickers.remove(ticker)


def say(text: str) -> None:
    """Says what the command is at; the last text is shown, not each."""
    if _tickers:
        _tickers[-1].say(text)


def stage(text: str) -> None:
    """Says what the command begins with; its time is counted anew."""
    if _tickers:
        _tickers[-1].stage(text)


def note(line: str) -> None:
    """Prints a line on standard error, which stays there."""
    print(line, file=sys.stderr, flush=True)


def announce(line: str) -> None:
    """Does both: prints the line, and counts the time of what it says."""
    note(line)
    stage(line)


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Shows nothing meanwhile: somebody is asked, or something else has the screen."""
    with _tickers[-1].paused() if _tickers else contextlib.nullcontext():
        yield
