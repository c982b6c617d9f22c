"""Numbers on the command line are judged before anything runs; the error has the bounds and the unit."""

import argparse
from collections.abc import Callable

import pytest

from cli.numbers import duration, port, rate, seconds, whole

WHOLE, MOST_64, RATE = whole("items"), whole("readers", 64), rate("read units a second")


@pytest.mark.parametrize(
    ("read", "text", "number"),
    [(WHOLE, "1", 1), (WHOLE, "9999999", 9_999_999), (MOST_64, "64", 64), (seconds, "0", 0),
     (seconds, "86399.5", 86_399.5), (RATE, "0.5", 0.5), (port, "65535", 65_535), (duration(5), "5", 5)],
)  # fmt: skip
def test_a_number_in_bounds_is_read(read: Callable[[str], float], text: str, number: float) -> None:
    assert read(text) == number


@pytest.mark.parametrize(
    ("read", "texts", "wanted"),
    [(WHOLE, ["0", "-1", "many", "1.5", ""], "a whole number of items, from 1 on"),
     (MOST_64, ["65", "0"], "a whole number of readers, from 1 to 64"),
     (seconds, ["-1", "86400", "nan", "inf", "soon"], "a number of seconds, from 0 to a day"),
     (duration(5), ["0", "5.1", "nan"], "a number of seconds, above 0 and at most 5"),
     (RATE, ["0", "inf", "nan", "fast"], "a number of read units a second, above 0"),
     (port, ["0", "65536", "http"], "a port number, from 1 to 65535")],
)  # fmt: skip
def test_a_number_out_of_bounds_is_refused_with_the_bounds(
    read: Callable[[str], float], texts: list[str], wanted: str
) -> None:
    for text in texts:
        with pytest.raises(argparse.ArgumentTypeError, match=f"^'{text}' is not {wanted}$"):
            read(text)
