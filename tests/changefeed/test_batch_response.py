"""The checkpoint that Lambda gets."""

import pytest

from changefeed.batch_response import partial_batch_response
from changefeed.decode.sequence_number import is_sequence_number


def test_nothing_failed_is_an_empty_list() -> None:
    assert partial_batch_response([]) == {"batchItemFailures": []}


def test_the_lowest_failure_is_reported_alone_and_compared_as_an_integer() -> None:
    assert partial_batch_response(["10", "9", "100"]) == {"batchItemFailures": [{"itemIdentifier": "9"}]}


@pytest.mark.parametrize("value", ["0", "4421584500000000017450439091", "9" * 129])
def test_digits_are_a_sequence_number(value: str) -> None:
    assert is_sequence_number(value)


@pytest.mark.parametrize("value", [None, 5, "", "-1", "1.0", "1\n", " 1", "\u0661", "9" * 5_000, b"1", ["1"]])
def test_anything_else_is_not(value: object) -> None:
    assert not is_sequence_number(value)
