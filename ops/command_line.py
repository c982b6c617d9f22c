"""Shares what every command needs on its command line: kinds of numbers, and the question before a change."""

import argparse
import math
import sys
from collections.abc import Callable
from typing import TypeVar

from ops.errors import OpsError, UsageError

SECONDS_A_DAY = 86_400
Number = TypeVar("Number", int, float)


def whole(most: float = math.inf) -> Callable[[str], int]:
    """Makes a type for argparse: whole numbers from 1 to `most`."""
    wanted = "a whole number from 1 on" if math.isinf(most) else f"a whole number from 1 to {most}"
    return lambda text: _checked(int, text, lambda number: 1 <= number <= most, wanted)


def seconds(text: str) -> float:
    """Reads a time from 0 to a day; a type for argparse."""
    return _checked(float, text, lambda number: 0 <= number < SECONDS_A_DAY, "a number of seconds from 0 to a day")


def rate(text: str) -> float:
    """Reads a finite number above 0; a type for argparse."""
    return _checked(float, text, lambda number: 0 < number < math.inf, "a number above 0")


def _checked(kind: Callable[[str], Number], text: str, is_right: Callable[[Number], bool], wanted: str) -> Number:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not is_right(number):
        raise argparse.ArgumentTypeError(f"{text} is not {wanted}")
    return number


def must_ask(options: argparse.Namespace) -> bool:
    """Says whether the command has to ask: --yes and --dry-run both say no. Raises UsageError without a terminal."""
    if options.yes or options.dry_run:
        return False
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask on before something is changed: add --yes, or --dry-run to look.")
    return True


def agrees(question: str) -> bool:
    """Asks on standard error. Anything but y or yes means no."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def confirm(question: str) -> None:
    """Asks on standard error. Raises OpsError when the answer is no."""
    if not agrees(question):
        raise OpsError("Nothing was changed.")
