"""Asks before a change."""

import argparse
import sys

from cli import progress
from cli.errors import CommandError, UsageError


def must_ask(options: argparse.Namespace) -> bool:
    """Says whether the command has to ask: --yes and --dry-run both say no. Raises UsageError without a terminal."""
    if options.yes or options.dry_run:
        return False
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask on before something is changed: add --yes, or --dry-run to look.")
    return True


def agrees(question: str) -> bool:
    """Asks on standard error. Anything but y or yes means no."""
    with progress.paused():
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def confirm(question: str) -> None:
    """Asks on standard error. Raises CommandError when the answer is no."""
    if not agrees(question):
        raise CommandError("Nothing was changed.")
