"""The ticker is never silent for long, and keeps its hands off what is printed into a file."""

import io
import sys

import pytest
from rich.console import Console

from demo.checks import wait_for
from ops.ticker import Ticker


def test_the_ticker_speaks_while_a_check_is_silent() -> None:
    written = io.StringIO()
    with Ticker(Console(file=written), seconds=0.01) as ticker:
        ticker.say("waiting for [it]")
        assert wait_for(lambda: "waiting for [it]" in written.getvalue(), 10)


def test_what_is_printed_reaches_a_file_though_the_ticker_has_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = io.StringIO()
    with Ticker(Console(file=terminal, force_terminal=True), seconds=0.01) as ticker:
        ticker.say("waiting")
        sys.stdout.write("seen\n")
        assert wait_for(lambda: "waiting" in terminal.getvalue(), 10)
    assert capsys.readouterr().out == "seen\n"
    assert "seen" not in terminal.getvalue()
