"""Nothing is changed without a yes."""

import argparse
import io
import sys

import pytest

from cli.errors import CommandError, UsageError
from cli.questions import agrees, confirm, must_ask


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
    with pytest.raises(CommandError, match="Nothing was changed"):
        confirm("Go on?")
