"""The walk of a message over fakes: success, duplicates, poison, failures that are retried and those that are not."""

import contextlib
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from lambda_kit.problem import Problem
from scilearn.errors import AnalysisFailedError, PoisonMessageError, TransientError
from scilearn.service import Finished
from scilearn.status_answer import RETRY_SECONDS, answered
from tests.images.scilearn_fakes import (
    KEPT_SECONDS,
    REQUEST_ID,
    Service,
    client_error,
    pipe_event,
    raw_event,
    rows_request,
)

ROWS = [{"delay": row % 9, "carrier": "AB"[row % 2]} for row in range(40)]
GOOD = pipe_event(rows_request(ROWS))
BAD = pipe_event(rows_request(ROWS, "describe", wrong=1))
TIMEOUT = ConnectTimeoutError(endpoint_url="http://a")


@pytest.fixture
def service() -> Service:
    return Service()


def test_a_request_is_queued_then_succeeded_with_links_and_a_small_result_inline(service: Service) -> None:
    assert service.status() == {
        "request_id": REQUEST_ID,
        "accepted_at": "2026-01-02T03:04:05.000+00:00",
        "state": "queued",
    }
    answer = service.handle(GOOD)
    key = f"results/{REQUEST_ID}/result.json"
    assert answer == {
        "request_id": REQUEST_ID,
        "state": "succeeded",
        "duplicate": False,
        "analysis": "describe",
        "bucket": "results",
        "keys": [key],
    }
    status = service.status()
    assert status["state"] == "succeeded"
    assert status["links"] == {"result.json": f"https://results.example/{key}?signed"}
    assert status["result"] == service.result()
    assert status["usage"]["rows_used"] == 40
    assert status["usage"]["process_peak_mb"] > 10


def test_plots_are_stored_beside_the_result(service: Service) -> None:
    request = rows_request(ROWS) | {"plots": True}
    answer = service.handle(pipe_event(request))
    assert [key.rpartition("/")[2] for key in answer["keys"]] == ["result.json", "plot-histogram-1.png"]
    assert service.s3.puts[-1].endswith("result.json"), "the result is written last"


def test_a_second_delivery_of_a_finished_request_does_nothing_and_says_so(service: Service) -> None:
    service.handle(GOOD)
    puts = len(service.s3.puts)
    answer = service.handle(GOOD, "invocation-2")
    assert (answer["state"], answer["duplicate"]) == ("succeeded", True)
    assert len(service.s3.puts) == puts


def test_a_second_delivery_while_the_first_runs_does_nothing_and_says_so(service: Service) -> None:
    inner: list[dict[str, Any]] = []

    def analyse(*_: Any) -> Finished:
        inner.append(service.handle(GOOD, "invocation-2"))
        return Finished(analysis="describe", result={"bucket": "b", "keys": []}, rows={})

    outer = Service()
    outer.table = service.table = outer.table
    object.__setattr__(outer.service, "analyse", analyse)
    assert outer.handle(GOOD)["state"] == "succeeded"
    assert inner == [{"request_id": REQUEST_ID, "state": "running", "duplicate": True}]


def test_a_crash_does_not_block_the_invocations_own_retry(service: Service) -> None:
    def crash(*_: Any) -> Finished:
        raise KeyboardInterrupt

    good = service.service.analyse
    object.__setattr__(service.service, "analyse", crash)
    with pytest.raises(KeyboardInterrupt):
        service.handle(GOOD, seconds_left=900)
    object.__setattr__(service.service, "analyse", good)
    service.clock.now += 60
    assert service.status()["state"] == "running"
    assert service.handle(GOOD, "invocation-2")["state"] == "running", "another delivery waits for the lease"
    assert service.handle(GOOD, "invocation-1")["state"] == "succeeded"


def test_another_delivery_takes_over_when_the_lease_is_over_and_the_late_loser_changes_nothing(
    service: Service,
) -> None:
    good = service.service.analyse

    def slow(*arguments: Any) -> Finished:
        service.clock.now += 70  # beyond the lease of its 60 s
        object.__setattr__(service.service, "analyse", good)
        assert service.handle(GOOD, "invocation-2")["state"] == "succeeded"
        return Finished(analysis="regress", result={"bucket": "wrong", "keys": []}, rows={})

    object.__setattr__(service.service, "analyse", slow)
    assert service.handle(GOOD)["state"] == "superseded"
    assert service.status()["analysis"] == "describe"


def test_a_bad_request_is_settled_once_and_its_retries_end_the_same_way_without_running(service: Service) -> None:
    for _ in range(3):
        with pytest.raises(AnalysisFailedError, match=f"{REQUEST_ID}: bad_request: "):
            service.handle(BAD)
    assert [state for _, state in service.table.history] == ["running", "failed"]
    status = service.status()
    assert (status["state"], status["reason"]["code"]) == ("failed", "bad_request")
    assert "wrong" not in status["reason"]["message"] or "additionalProperties" in status["reason"]["message"]


def test_a_duplicate_of_a_failed_request_is_no_second_failure(service: Service) -> None:
    with pytest.raises(AnalysisFailedError):
        service.handle(BAD)
    assert service.handle(BAD, "invocation-2") == {"request_id": REQUEST_ID, "state": "failed", "duplicate": True}


def test_a_failed_request_sent_again_and_mended_succeeds_once(service: Service) -> None:
    with pytest.raises(AnalysisFailedError):
        service.handle(BAD)
    mended = pipe_event(rows_request(ROWS), resend=1)
    assert service.handle(mended, "invocation-2")["state"] == "succeeded"
    assert service.handle(mended, "invocation-3")["duplicate"] is True
    assert service.status()["state"] == "succeeded"


def test_a_transient_failure_is_retried_and_then_succeeds(service: Service) -> None:
    service.s3.failures.append(client_error("SlowDown", 503))
    with pytest.raises(TransientError, match="result_not_stored"):
        service.handle(GOOD)
    assert service.status()["state"] == "running"
    assert service.handle(GOOD)["state"] == "succeeded"


def test_the_last_try_of_a_transient_failure_settles_it_with_its_reason(service: Service) -> None:
    service.s3.failures.extend([TIMEOUT] * 3)
    for _ in range(2):
        with pytest.raises(TransientError):
            service.handle(GOOD)
    with pytest.raises(AnalysisFailedError, match="result_not_stored"):
        service.handle(GOOD)
    reason = service.status()["reason"]
    assert reason["code"] == "result_not_stored"
    assert "Given up after 3 tries" in reason["message"]


def test_a_fault_of_ours_is_retried_and_names_its_place_but_no_text(service: Service) -> None:
    def broken(*_: Any) -> Finished:
        raise KeyError("a value of the data")

    object.__setattr__(service.service, "analyse", broken)
    with pytest.raises(TransientError, match=r"KeyError at test_scilearn_service\.py") as failure:
        service.handle(GOOD)
    assert "a value" not in str(failure.value)


def test_want_of_memory_is_a_failure_with_a_reason(service: Service) -> None:
    def greedy(*_: Any) -> Finished:
        raise MemoryError

    object.__setattr__(service.service, "analyse", greedy)
    with pytest.raises(AnalysisFailedError, match="out_of_memory"):
        service.handle(GOOD)


def test_an_analysis_that_meets_the_time_limit_fails_with_a_reason(service: Service) -> None:
    good: Any = service.service.analyse

    def endless(*arguments: Any) -> Any:
        from scilearn.time_limit import time_limit

        with time_limit(0.0):
            while True:
                with contextlib.suppress(Exception):  # as libraries do around their own calls
                    time.sleep(1)

    object.__setattr__(service.service, "analyse", endless)
    with pytest.raises(AnalysisFailedError, match="time_limit"):
        service.handle(GOOD)
    assert good is not endless


@pytest.mark.parametrize("failures", [[TIMEOUT], [None, TIMEOUT], [None, None, TIMEOUT]])
def test_a_status_table_that_does_not_answer_is_a_retry_which_then_succeeds(
    service: Service, failures: list[Any]
) -> None:
    service.table.failures.extend(failures)
    with pytest.raises(TransientError, match="status_unavailable"):
        service.handle(GOOD)
    assert service.handle(GOOD)["state"] == "succeeded"


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        [],
        [*GOOD, *GOOD],
        [None],
        [{}],
        raw_event(None),
        raw_event("not json"),
        raw_event("[]"),
        raw_event('{"request_id": "x", "request": {}}'),
        raw_event(json.dumps({"request_id": "1" * 13 + "-" + "a" * 65})),
        raw_event("[" * 100_000),
        pipe_event({}, resend=-1),
        pipe_event({}, resend=True),
    ],
)
def test_what_is_no_message_of_ours_is_poison_and_leaves_no_trace(service: Service, event: Any) -> None:
    with pytest.raises(PoisonMessageError):
        service.handle(event)
    assert service.table.items == {}


@pytest.mark.parametrize("tail", [", broken", ', "request": NaN}', ', "request": "\\ud800"}'])
def test_an_unreadable_request_with_an_id_is_a_failed_analysis(service: Service, tail: str) -> None:
    event = raw_event(f'{{"request_id":"{REQUEST_ID}"' + tail)
    with pytest.raises(AnalysisFailedError, match="bad_request"):
        service.handle(event)
    assert service.status()["state"] == "failed"


def test_no_value_of_the_data_is_ever_logged(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"secret-column": "secret-value", "n": row} for row in range(20)]
    service.handle(pipe_event(rows_request(rows)))
    for request_id, options in (("1767323045001-a", {"x-secret": 1}), ("1767323045002-b", {"columns": ["secret-z"]})):
        with pytest.raises(AnalysisFailedError):
            service.handle(pipe_event(rows_request(rows, "describe", **options), request_id=request_id))
    lines = capsys.readouterr().out
    assert lines.count("\n") == 6
    assert "secret" not in lines


def test_ids_that_nobody_knows_are_queued_for_the_queues_retention_only(service: Service) -> None:
    service.clock.now += 4 * 86_400 - 1
    assert service.status()["state"] == "queued"
    service.clock.now += 2
    with pytest.raises(Problem, match="404"):
        service.status()
    with pytest.raises(Problem, match="404"):
        service.status("9967323045000-from-the-future")


@pytest.mark.parametrize("request_id", [None, "", "x", "1767323045000", "1767323045000-a/b", "1" * 200, 5, {}])
def test_a_malformed_id_is_400(service: Service, request_id: Any) -> None:
    with pytest.raises(Problem, match="400 invalid_id"):
        service.status(request_id)


def test_an_expired_status_is_404_even_before_the_table_removes_it(service: Service) -> None:
    service.handle(GOOD)
    service.clock.now += KEPT_SECONDS + 1
    with pytest.raises(Problem, match="404 unknown_or_expired"):
        service.status()


def test_a_function_that_died_without_a_word_is_told_as_stopped(service: Service) -> None:
    def killed(*_: Any) -> Finished:
        raise KeyboardInterrupt

    object.__setattr__(service.service, "analyse", killed)
    with pytest.raises(KeyboardInterrupt):
        service.handle(GOOD, seconds_left=60)
    service.clock.now += 66 + RETRY_SECONDS["running"]
    assert service.status()["state"] == "running"
    service.clock.now += 2
    assert service.status()["reason"]["code"] == "stopped"


def test_one_that_waits_for_its_next_try_is_running_as_long_as_lambda_keeps_an_event(service: Service) -> None:
    service.s3.failures.append(client_error("SlowDown", 503))
    with pytest.raises(TransientError):
        service.handle(GOOD)
    service.clock.now += RETRY_SECONDS["waiting"]
    assert service.status()["state"] == "running"
    service.clock.now += 2
    assert service.status()["reason"]["code"] == "stopped"


@pytest.mark.parametrize(
    ("event", "hint"),
    [
        ({"httpMethod": "PUT", "pathParameters": {"id": "x"}}, "Use GET."),
        ({"httpMethod": "PUT", "pathParameters": None}, "Use POST"),
        ({"httpMethod": "GET"}, None),
        (None, "Use POST"),
    ],
)
def test_another_method_is_405_with_the_one_to_use(service: Service, event: Any, hint: str | None) -> None:
    with pytest.raises(Problem) as problem:
        answered(service.answer(), event)
    if hint is None:
        assert problem.value.status == 400
    else:
        assert (problem.value.status, problem.value.hint.startswith(hint)) == (405, True)
