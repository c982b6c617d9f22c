"""Numbers on the command line are judged before anything runs, and nothing is changed without a yes."""

import argparse
import io
import sys
from collections.abc import Callable

import pytest

from ops.command_line import agrees, confirm, must_ask, rate, seconds, whole
from ops.errors import OpsError, UsageError


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("read", "text", "number"),
    [(whole(), "1", 1), (whole(), "9999999", 9_999_999), (whole(64), "64", 64), (seconds, "0", 0),
     (seconds, "86399.5", 86_399.5), (rate, "0.5", 0.5)],
)  # fmt: skip
def test_a_number_in_bounds_is_read(read: Callable[[str], float], text: str, number: float) -> None:
    assert read(text) == number


@pytest.mark.parametrize(
    ("read", "text"),
    [(whole(), "0"), (whole(), "-1"), (whole(), "many"), (whole(), "1.5"), (whole(64), "65"), (seconds, "-1"),
     (seconds, "86400"), (seconds, "nan"), (seconds, "inf"), (rate, "0"), (rate, "inf"), (rate, "nan"), (rate, "fast")],
)  # fmt: skip
def test_a_number_out_of_bounds_is_refused_with_the_bounds(read: Callable[[str], float], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"^{text} is not a .*number"):
        read(text)


@pytest.mark.parametrize(
    ("yes", "dry_run", "asks"), [(False, False, True), (True, False, False), (False, True, False), (True, True, False)]
)
def test_only_what_changes_something_without_yes_asks(
    monkeypatch: pytest.MonkeyPatch, yes: bool, dry_run: bool, asks: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal())
    assert must_ask(argparse.Namespace(yes=yes, dry_run=dry_run)) is asks


def test_without_a_terminal_a_command_that_must_ask_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="--yes"):
        must_ask(argparse.Namespace(yes=False, dry_run=False))


@pytest.mark.parametrize(("answer", "agreed"), [("y", True), (" YES ", True), ("", False), ("n", False), ("yy", False)])
def test_only_yes_is_a_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, agreed: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal(f"{answer}\n"))
    assert agrees("Repair it?") is agreed
    assert capsys.readouterr() == ("", "Repair it? [y/N] ")


def test_a_question_that_is_not_answered_by_yes_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal("no\n"))
    with pytest.raises(OpsError, match="Nothing was changed"):
        confirm("Go on?")
