"""The rules of a function's answer: what counts as done, from where on to retry, and what was never invoked."""

import pytest

from local.runners.invocation import InvokeResult
from local.runners.mapping.response import Failed, NotInvoked, Outcome, PartlyFailed, Succeeded, read_outcome
from tests.local.mapping_fakes import FAILURE, THROTTLE, reported
from tests.streams.stream_fakes import record, records

BATCH = records(5, first=8)  # 8, 9, 10, 11, 12: as text 10 sorts before 8


def answered(payload: bytes) -> InvokeResult:
    return InvokeResult(status_code=200, payload=payload)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (answered(b""), Succeeded()),
        (answered(b"null"), Succeeded()),
        (answered(b"{}"), Succeeded()),
        (answered(b'""'), Succeeded()),
        (answered(b"[]"), Succeeded()),
        (answered(b"[{}]"), Failed()),
        (answered(b'{"statusCode": 200}'), Succeeded()),
        (answered(b'{"batchItemFailures": null}'), Succeeded()),
        (reported(), Succeeded()),
        (reported("8"), PartlyFailed(first_failed=0)),
        (reported("12"), PartlyFailed(first_failed=4)),
        (reported("10", "9"), PartlyFailed(first_failed=1)),
        (reported("11", "11", "12"), PartlyFailed(first_failed=3)),
        (reported(""), Failed()),
        (reported(None), Failed()),
        (reported(10), Failed()),
        (reported("13"), Failed()),
        (reported("10", "99"), Failed()),
        (reported("ten"), Failed()),
        (reported("-9"), Failed()),
        (reported("9" * 5000), Failed()),
        (answered(b'{"batchItemFailures": [{"itemIdentifer": "10"}]}'), Failed()),
        (answered(b'{"batchItemFailures": [null]}'), Failed()),
        (answered(b'{"batchItemFailures": ["10"]}'), Failed()),
        (answered(b'{"batchItemFailures": {"itemIdentifier": "10"}}'), Failed()),
        (answered(b"not json"), Failed()),
        (answered(b"[" * 100_000), Failed()),
        (FAILURE, Failed()),
        (THROTTLE, NotInvoked(throttled=True)),
        (InvokeResult(status_code=503), NotInvoked(throttled=False)),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_an_answer_is_read_as_lambda_reads_it(result: InvokeResult, outcome: Outcome) -> None:
    assert read_outcome(result, BATCH, report_batch_item_failures=True) == outcome


def test_sequence_numbers_are_compared_as_integers_and_not_as_text() -> None:
    batch = (record("9"), record("10"), record("11"))
    outcome = read_outcome(reported("10", "9"), batch, report_batch_item_failures=True)
    assert outcome == PartlyFailed(first_failed=0)


def test_leading_zeros_are_no_difference() -> None:
    batch = (record("000000017952251911920000000001"),)
    outcome = read_outcome(reported("17952251911920000000001"), batch, report_batch_item_failures=True)
    assert outcome == PartlyFailed(first_failed=0)


def test_item_failures_are_ignored_unless_the_mapping_asks_for_them() -> None:
    assert read_outcome(reported("10"), BATCH, report_batch_item_failures=False) == Succeeded()
    assert read_outcome(answered(b"not json"), BATCH, report_batch_item_failures=False) == Succeeded()


def test_a_function_error_fails_the_batch_whatever_the_payload_reports() -> None:
    result = InvokeResult(status_code=200, function_error="Unhandled", payload=reported("12").payload)
    assert read_outcome(result, BATCH, report_batch_item_failures=True) == Failed()
