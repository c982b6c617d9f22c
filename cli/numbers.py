"""Reads the numbers of a command line. Each error says what is wanted, with its unit."""

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

SECONDS_A_DAY = 86_400
Number = TypeVar("Number", int, float)


def whole(of: str, most: float = math.inf) -> Callable[[str], int]:
    """Makes a type for argparse: whole numbers from 1 to `most`; `of` is what is counted, in the plural."""
    wanted = f"a whole number of {of}, " + ("from 1 on" if math.isinf(most) else f"from 1 to {most:g}")
    return lambda text: _checked(int, text, lambda number: 1 <= number <= most, wanted)


def seconds(text: str) -> float:
    """Reads a time from 0 to a day; a type for argparse."""
    return _checked(float, text, lambda number: 0 <= number < SECONDS_A_DAY, "a number of seconds, from 0 to a day")


def duration(most: float) -> Callable[[str], float]:
    """Makes a type for argparse: a time above 0, at most so many seconds."""
    wanted = f"a number of seconds, above 0 and at most {most:g}"
    return lambda text: _checked(float, text, lambda number: 0 < number <= most, wanted)


def rate(of: str) -> Callable[[str], float]:
    """Makes a type for argparse: finite numbers above 0; `of` is the unit, "read units a second"."""
    return lambda text: _checked(float, text, lambda number: 0 < number < math.inf, f"a number of {of}, above 0")


def port(text: str) -> int:
    """Reads a port; a type for argparse."""
    return _checked(int, text, lambda number: 1 <= number <= 65_535, "a port number, from 1 to 65535")


def _checked(kind: Callable[[str], Number], text: str, is_right: Callable[[Number], bool], wanted: str) -> Number:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not is_right(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return number
