"""Failed analyses again: each runs once however many send it, and no message goes before its request is settled."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.errors import OpsError, UsageError
from ops.resend.failed_request import FailurePlace, read_failure
from ops.resend.mending import Mending
from ops.resend.report import End
from tests.images.scilearn_fakes import client_error
from tests.ops.resend_rig import ResendRig, failure_record, request_id


@pytest.fixture
def rig() -> ResendRig:
    return ResendRig()


def test_failed_requests_are_sent_again_and_their_messages_go_when_they_have_succeeded(rig: ResendRig) -> None:
    ids = rig.fail(3)

    assert rig.ends() == {"succeeded": 3}
    assert rig.runs == dict.fromkeys(ids, 1)
    assert rig.failures.messages == {}
    assert [rig.state(number) for number in range(3)] == ["succeeded"] * 3


def test_a_dry_run_tells_reasons_sends_nothing_and_gives_everything_back(rig: ResendRig) -> None:
    rig.fail(2)
    rig.letters.send(json.dumps({"request_id": request_id(9), "accepted_at": 1767323045000, "request": {"ok": True}}))

    report = rig.operator(dry_run=True)()

    assert report.ends == {("bad_columns", End.LISTED): 2, ("not_handed_over", End.LISTED): 1}
    assert {request["now"] for request in report.requests} == {"would be sent"}
    assert (rig.waiting, rig.runs.total()) == ([], 0)
    assert (len(rig.failures.visible), len(rig.letters.visible)) == (2, 1)


def test_a_second_run_finds_nothing_to_do(rig: ResendRig) -> None:
    rig.fail(2)

    rig.ends()

    assert rig.ends() == {}
    assert rig.runs.total() == 2


def test_a_mended_request_runs_under_its_own_id(rig: ResendRig) -> None:
    name = rig.ask(1, ok=False)
    rig.ask(2, ok=False)

    ends = rig.ends(Mending(assignments=(("ok", True), ("options.folds", 5))), only_id=name)

    assert ends == {"succeeded": 1}
    assert rig.requests_run[name] == {"ok": True, "options": {"folds": 5}}
    assert (rig.state(1), rig.state(2)) == ("succeeded", "failed")
    assert len(rig.failures.visible) == 1


def test_another_request_can_stand_in_for_one_that_is_no_json(rig: ResendRig) -> None:
    body = f'{{"request_id":"{request_id(1)}","accepted_at":1767323045000,"request":{{]}}'
    rig.invoke(body)

    assert rig.ends() == {"not_json": 1}
    assert rig.ends(Mending(replacement={"ok": True}), only_id=request_id(1)) == {"succeeded": 1}


def test_what_fails_again_leaves_only_its_new_failure(rig: ResendRig) -> None:
    name = rig.ask(1, ok=False)
    rig.runs.clear()

    report = rig.operator()()

    assert [(request["end"], request["now"]) for request in report.requests] == [("failed_again", "bad_columns")]
    assert not report.is_clean
    assert rig.runs[name] == 1, "its new failure came while the run was on, and waits for the next one"
    [left] = rig.failures.messages.values()
    assert json.loads(json.loads(left.body)["requestPayload"][0]["body"])["resend"] == 1


def test_what_fails_again_while_the_run_is_on_is_not_sent_by_it_once_more(rig: ResendRig) -> None:
    ids = [rig.ask(number, ok=False) for number in range(3)]
    rig.runs.clear()
    resend = rig.operator()
    resend.requests_per_chunk = 1

    report = resend()

    assert report.ends == {("bad_columns", End.FAILED_AGAIN): 3}
    assert rig.runs == dict.fromkeys(ids, 1)
    assert len(rig.failures.visible) == 3


def test_what_is_pending_in_one_chunk_is_not_sent_again_by_the_next(rig: ResendRig) -> None:
    rig.fail(1)
    rig.failures.send(next(iter(rig.failures.messages.values())).body)
    rig.is_consuming = False
    resend = rig.operator(wait_seconds=2)
    resend.requests_per_chunk = 1

    report = resend()

    assert (report.sent, report.ends) == (1, {("bad_columns", End.PENDING): 2})


def test_what_nobody_begins_is_left_pending_and_runs_once_in_the_end(rig: ResendRig) -> None:
    rig.fail(2)
    rig.is_consuming = False

    assert rig.ends(wait_seconds=5) == {"pending": 2}
    assert len(rig.failures.visible) == 2, "nothing goes before it is settled"

    assert rig.ends(wait_seconds=5) == {"pending": 2}
    assert {body["resend"] for body in rig.waiting} == {1}, "the same number again: of all of them one runs"
    rig.deliver()
    assert rig.ends() == {"done_before": 2}
    assert set(rig.runs.values()) == {1}
    assert rig.failures.messages == {}


def _second_operator(rig: ResendRig, ends: list[dict[str, int]]) -> Callable[[], None]:
    """Makes a second operator who runs once, whole, wherever it is called first."""

    def start() -> None:
        rig.sqs.before_send = rig.sqs.after_send = rig.failures.before_delete = lambda: None
        rig.failures.twice = 5
        ends.append(rig.ends(wait_seconds=3))

    return start


@pytest.mark.parametrize("moment", ["before_send", "after_send", "before_delete"])
@pytest.mark.parametrize("is_consuming", [True, False])
def test_two_operators_at_the_same_time_make_one_analysis(rig: ResendRig, moment: str, is_consuming: bool) -> None:
    """The other gets the same messages, too, as SQS may deliver twice."""
    ids = rig.fail(3)
    ends: list[dict[str, int]] = []
    place: Any = rig.failures if moment == "before_delete" else rig.sqs
    setattr(place, moment, _second_operator(rig, ends))
    rig.is_consuming = is_consuming or moment == "before_delete"

    first = rig.operator(wait_seconds=10)()
    rig.is_consuming = True
    rig.deliver()
    rig.ends()

    assert first.sent >= 1
    assert len(ends) == 1, "the second operator never came"
    assert rig.runs == dict.fromkeys(ids, 1)
    assert [rig.state(number) for number in range(3)] == ["succeeded"] * 3
    assert rig.failures.messages == {}


def test_a_crash_between_sending_and_deleting_makes_no_second_analysis(rig: ResendRig) -> None:
    ids = rig.fail(2)

    def crash() -> None:
        raise KeyboardInterrupt

    rig.sqs.after_send = crash
    with pytest.raises(KeyboardInterrupt):
        rig.operator()()
    rig.sqs.after_send = lambda: None

    assert len(rig.failures.visible) == 2
    rig.ends()
    assert rig.runs == dict.fromkeys(ids, 1)
    assert rig.failures.messages == {}


def test_what_has_succeeded_meanwhile_is_deleted_and_not_sent(rig: ResendRig) -> None:
    rig.fail(1)
    copy = next(iter(rig.failures.messages.values())).body
    rig.ends()
    rig.failures.send(copy)

    assert rig.ends() == {"done_before": 1}
    assert rig.runs.total() == 1


def test_an_older_failure_of_what_failed_again_is_deleted_and_not_sent(rig: ResendRig) -> None:
    rig.ask(1, ok=False)
    older = next(iter(rig.failures.messages.values())).body
    rig.ends()
    rig.failures.messages.clear()
    rig.failures.send(older)

    assert rig.ends() == {"superseded": 1}


def test_what_somebody_works_on_is_left_until_its_lease_is_over(rig: ResendRig) -> None:
    name = rig.fail(1)[0]
    item = rig.table.items[name]
    item["state"], item["lease_until"] = {"S": "running"}, {"N": str(int(rig.clock.now) + 60)}

    report = rig.operator()()
    assert [request["end"] for request in report.requests] == ["busy"]
    assert report.requests[0]["busy_until"].startswith("20")
    assert (report.sent, len(rig.failures.visible)) == (0, 1)

    rig.clock.sleep(61)
    assert rig.ends() == {"succeeded": 1}
    assert rig.runs[name] == 1


def test_two_messages_of_one_request_are_sent_once_and_go_together(rig: ResendRig) -> None:
    name = rig.fail(1)[0]
    rig.failures.send(next(iter(rig.failures.messages.values())).body)

    report = rig.operator()()

    assert (report.sent, report.ends.total()) == (1, 2)
    assert rig.runs[name] == 1
    assert rig.failures.messages == {}


def test_what_was_never_handed_over_is_sent(rig: ResendRig) -> None:
    rig.letters.send(json.dumps({"request_id": request_id(5), "accepted_at": 1767323045000, "request": {"ok": True}}))

    assert rig.ends() == {"succeeded": 1}
    assert rig.letters.messages == {}


def test_poison_is_told_and_stays_until_it_is_dropped_on_purpose(rig: ResendRig) -> None:
    rig.letters.send("not one of ours")

    assert rig.ends() == {"poison": 1}
    assert len(rig.letters.visible) == 1
    assert rig.ends(drop_poison=True) == {"dropped": 1}
    assert rig.letters.messages == {}


def test_foreign_messages_of_the_failure_queue_are_left_alone(rig: ResendRig) -> None:
    for text in ("no json", "[]", '{"requestContext": {}}', '{"requestContext": {}, "requestPayload": {}}'):
        rig.failures.send(text)

    report = rig.operator(drop_poison=True)()

    assert (report.foreign, report.ends.total(), len(rig.failures.visible)) == (4, 0, 4)


def test_only_what_is_chosen_is_sent(rig: ResendRig) -> None:
    rig.fail(4)
    rig.letters.send(json.dumps({"request_id": request_id(9), "accepted_at": 1767323045000, "request": {"ok": True}}))

    assert rig.ends(reasons=frozenset({"not_handed_over"})) == {"succeeded": 1}
    limited = rig.operator(limit=3)()
    assert (limited.sent, limited.limit_reached) == (3, True)
    assert len(rig.failures.visible) == 1


def test_an_unreachable_status_table_stops_the_run_with_nothing_lost(rig: ResendRig) -> None:
    rig.fail(2)
    rig.table.failures.append(client_error("InternalServerError", 500))

    with pytest.raises(OpsError, match="Nothing is lost"):
        rig.operator()()

    assert (rig.waiting, len(rig.failures.visible)) == ([], 2)


def test_what_the_queue_refuses_is_told_and_stays(rig: ResendRig) -> None:
    rig.fail(1)
    rig.sqs.refusal = "InvalidParameterValue"

    report = rig.operator()()

    assert [(request["end"], request["now"]) for request in report.requests] == [("not_sent", "InvalidParameterValue")]
    assert len(rig.failures.visible) == 1


def test_what_can_not_be_deleted_is_no_success(rig: ResendRig) -> None:
    rig.fail(1)
    rig.failures.undeletable = set(rig.failures.messages)

    report = rig.operator()()

    assert report.ends == {("bad_columns", End.NOT_DELETED): 1}
    assert not report.is_clean
    rig.failures.undeletable = set()
    assert rig.ends() == {"done_before": 1}


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("AnalysisFailedError", f"{request_id(1)}: no_rows: None.", "no_rows"),
        ("TransientError", "status_unavailable: It said no.", "status_unavailable"),
        ("Sandbox.Timedout", "2026-01-02 Task timed out after 3.00 seconds", "stopped"),
        ("Runtime.ExitError", "RequestId: 1 Error: signal: killed", "stopped"),
        (None, None, "stopped"),
    ],
)
def test_reason_is_the_services_code_or_that_it_had_no_word_left(
    kind: str | None, text: str | None, reason: str
) -> None:
    body = json.dumps({"request_id": request_id(1), "request": {}, "resend": 2})
    answer = {"errorType": kind, "errorMessage": text} if kind else None
    record = failure_record(body, invocation="i", answer=answer, condition="RetriesExhausted")

    failure = read_failure(FailurePlace.DESTINATION, "m", record)

    assert failure is not None
    assert (failure.reason, failure.request_id, failure.resend, failure.invocation_id) == (
        reason,
        request_id(1),
        2,
        "i",
    )


@pytest.mark.parametrize(
    ("condition", "reason"),
    [("EventAgeExceeded", "event_age_exceeded"), ("ZeroReservedConcurrency", "zero_concurrency")],
)
def test_what_never_got_concurrency_has_a_reason_of_its_own_and_is_sent(
    rig: ResendRig, condition: str, reason: str
) -> None:
    body = json.dumps({"request_id": request_id(1), "accepted_at": 1767323045000, "request": {"ok": True}})
    rig.failures.send(failure_record(body, invocation="i", answer=None, condition=condition))

    report = rig.operator()()

    assert report.ends == {(reason, End.SUCCEEDED): 1}


def test_what_waits_between_two_tries_is_left_unless_lambda_has_given_that_invocation_up(rig: ResendRig) -> None:
    name = rig.fail(1)[0]
    item = rig.table.items[name]
    item["state"], item["lease_until"] = {"S": "waiting"}, {"N": str(int(rig.clock.now))}
    given_up = item["claimed_by"]
    item["claimed_by"] = {"S": "another invocation"}

    assert rig.ends() == {"busy": 1}

    item["claimed_by"] = given_up
    assert rig.ends() == {"succeeded": 1}


@pytest.mark.parametrize("path", ["input.rows.9.a", "input.rows.x.a", "input.rows.0.a.b", "input.kind.b"])
def test_a_path_that_leads_nowhere_is_wrong_usage(path: str) -> None:
    request = {"input": {"rows": [{"a": 1}], "kind": "rows"}}

    with pytest.raises(UsageError, match=path):
        Mending(assignments=((path, 1),)).of(request)


def test_mending_changes_what_it_names_and_not_the_original() -> None:
    request = {"input": {"rows": [{"a": "x"}]}, "options": {}}

    changed = Mending(assignments=(("input.rows.0.a", 1), ("options.new.deep", True))).of(request)

    assert changed == {"input": {"rows": [{"a": 1}]}, "options": {"new": {"deep": True}}}
    assert request == {"input": {"rows": [{"a": "x"}]}, "options": {}}
