"""The rules of a function's answer to a queue's mapping: what is deleted, what comes again, what was never invoked."""

import pytest

from local.runners.invocation import InvokeResult
from local.runners.queue_mapping.response import Answered, NotInvoked, read_answer
from tests.local.mapping_fakes import FAILURE, SUCCESS, THROTTLE, reported

IDS = ["a", "b", "c"]
NOTHING = Answered(returned=frozenset(), is_failure=False)
EVERYTHING = Answered(returned=frozenset(IDS), is_failure=True)


def answered(payload: bytes) -> InvokeResult:
    return InvokeResult(status_code=200, payload=payload)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (SUCCESS, NOTHING),
        (answered(b""), NOTHING),
        (answered(b"{}"), NOTHING),
        (answered(b'""'), NOTHING),
        (answered(b'{"batchItemFailures": null}'), NOTHING),
        (reported(), NOTHING),
        (reported("b"), Answered(returned=frozenset("b"), is_failure=False)),
        (reported("c", "a", "c"), Answered(returned=frozenset("ac"), is_failure=False)),
        (reported("a", "b", "c"), Answered(returned=frozenset(IDS), is_failure=False)),
        (reported(""), EVERYTHING),
        (reported(None), EVERYTHING),
        (reported("b", "another"), EVERYTHING),
        (reported(1), EVERYTHING),
        (reported({"b": 1}), EVERYTHING),
        (reported(["b"]), EVERYTHING),
        (answered(b'{"batchItemFailures": [{"messageId": "b"}]}'), EVERYTHING),
        (answered(b'{"batchItemFailures": ["b"]}'), EVERYTHING),
        (answered(b'{"batchItemFailures": {"itemIdentifier": "b"}}'), EVERYTHING),
        (answered(b'{"batchItemFailures": 7}'), EVERYTHING),
        (answered(b"[]"), EVERYTHING),
        (answered(b"done"), EVERYTHING),
        (answered(b"[" * 100_000), EVERYTHING),
        (FAILURE, EVERYTHING),
        (THROTTLE, NotInvoked()),
        (InvokeResult(status_code=500), NotInvoked()),
    ],
)
def test_answer_is_read_as_aws_reads_it(result: InvokeResult, answer: Answered | NotInvoked) -> None:
    assert read_answer(result, IDS, report_batch_item_failures=True) == answer


@pytest.mark.parametrize("result", [SUCCESS, reported("b"), reported("another"), answered(b"done")])
def test_without_reports_a_function_that_ends_well_has_done_everything(result: InvokeResult) -> None:
    assert read_answer(result, IDS, report_batch_item_failures=False) == NOTHING


@pytest.mark.parametrize(("result", "answer"), [(FAILURE, EVERYTHING), (THROTTLE, NotInvoked())])
def test_without_reports_a_failure_is_one_all_the_same(result: InvokeResult, answer: Answered | NotInvoked) -> None:
    assert read_answer(result, IDS, report_batch_item_failures=False) == answer
