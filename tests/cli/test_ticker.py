"""The ticker is never silent for long, keeps its hands off what is printed into a file, and steps aside when asked."""

import io
import sys

import pytest

from cli import progress
from cli.ticker import Ticker
from demo.checks import wait_for


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_ticker_speaks_while_a_command_is_silent() -> None:
    written = io.StringIO()
    with progress.shown(Ticker("begins", stream=written, first_seconds=0.01)):
        progress.say("waiting for [it]")
        assert wait_for(lambda: "waiting for [it]" in written.getvalue(), 10)


def test_a_pipe_gets_a_line_within_the_first_second_and_then_every_four() -> None:
    written, clock = io.StringIO(), Clock()
    ticker = Ticker("at it", stream=written, clock=clock)
    lines = []
    for tenths in range(125):
        clock.now = tenths / 10
        ticker.tick()
        if written.getvalue():
            lines.append((clock.now, written.getvalue()))
            written.seek(0)
            written.truncate()
    assert lines == [(0.8, "... 1 s: at it\n"), (4.8, "... 5 s: at it\n"), (8.8, "... 9 s: at it\n")]


def test_a_stage_counts_anew_and_makes_no_silence_longer() -> None:
    written, clock = io.StringIO(), Clock()
    ticker = Ticker("first", stream=written, clock=clock)
    for second in range(1, 10):
        clock.now = second
        ticker.tick()
        if second in (3, 6):
            ticker.stage(f"from {second}")
    assert written.getvalue() == "... 1 s: first\n... 2 s: from 3\n... 3 s: from 6\n"


def test_nothing_is_shown_while_somebody_is_asked() -> None:
    written, clock = io.StringIO(), Clock()
    ticker = Ticker("at it", stream=written, clock=clock)
    with ticker.paused():
        clock.now = 60
        ticker.tick()
        assert written.getvalue() == ""
    clock.now = 65
    ticker.tick()
    assert written.getvalue() == "... 65 s: at it\n"


def test_a_reader_that_went_away_ends_only_the_ticker() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with progress.shown(Ticker("at it", stream=Gone(), first_seconds=0.01)) as _:
        assert wait_for(lambda: not any(ticker._thread.is_alive() for ticker in progress._tickers), 10)


def test_what_is_printed_reaches_a_file_though_the_ticker_has_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    with progress.shown(Ticker("waiting", stream=terminal, first_seconds=0.01)):
        sys.stdout.write("seen\n")
        assert wait_for(lambda: "waiting" in terminal.getvalue(), 10)
    assert capsys.readouterr().out == "seen\n"
    assert "seen" not in terminal.getvalue()


def test_a_long_text_is_whole_on_60_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()
    text = "sync_dynamodb_stream: 1,234,567 items, 1,234,568 documents, 12,345/s, about 1,234 s left"
    with progress.shown(Ticker(text, stream=terminal, first_seconds=0.01)):
        assert wait_for(lambda: "left" in terminal.getvalue(), 10)
    shown = terminal.getvalue()
    assert all(word in shown for word in text.split())
    assert "…" not in shown


def test_a_dumb_terminal_gets_lines_and_no_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    terminal, clock = Terminal(), Clock()
    ticker = Ticker("at it", stream=terminal, clock=clock)
    clock.now = 1
    ticker.tick()
    assert terminal.getvalue() == "... 1 s: at it\n"
