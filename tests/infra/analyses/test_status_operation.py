"""What `GET /analyses/{id}` answers in every state fits its description in the API's document."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from infra.analyses.status_operation import STATUS
from scilearn.status_answer import StatusAnswer
from scilearn.status_record import StatusRecord

NOW = 1_763_704_900
REQUEST_ID = "1763704800000-AbC"
[ANSWER] = STATUS.answers
assert ANSWER.schema
VALIDATOR = Draft202012Validator(dict(ANSWER.schema))


def status(**state: Any) -> dict[str, Any]:
    """The answer for a record with this state; for no record without one."""
    given: dict[str, Any] = {"state": "running", "lease_until": NOW, **state}
    record = StatusRecord(
        request_id=REQUEST_ID,
        version=1,
        resend=0,
        claimed_by="invocation-1",
        token="token",
        tries=2,
        accepted_at_milliseconds=NOW * 1000,
        started_at_milliseconds=NOW * 1000,
        expires_at=NOW + 60,
        **given,
    )
    return StatusAnswer(
        read=lambda _: record if state else None,
        link=lambda bucket, key: f"https://{bucket}.example/{key}",
        queue_retention_seconds=3600,
        link_seconds=900,
        now=lambda: NOW,
    ).of(REQUEST_ID)


SETTLED: dict[str, Any] = {"settled_at_milliseconds": NOW * 1000, "usage": {"seconds": 1.5, "rows": 3}}
SUCCEEDED: dict[str, Any] = {"state": "succeeded", "analysis": "describe", **SETTLED}
ANSWERS = {
    "queued": status(),
    "running": status(state="running"),
    "stopped": status(state="running", lease_until=0),
    "failed": status(state="failed", reason={"code": "bad_request", "message": "No."}, **SETTLED),
    "succeeded": status(**SUCCEEDED, result={"bucket": "b", "keys": ["results/x/result.json"]}),
    "small": status(**SUCCEEDED, result={"bucket": "b", "keys": [], "inline": {"columns": {}}}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_in_every_state_fits(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(ANSWERS[name])] == []


def test_every_state_and_member_that_is_described_is_answered() -> None:
    assert ANSWER.schema
    described = ANSWER.schema["properties"]

    assert {answer["state"] for answer in ANSWERS.values()} == set(described["state"]["enum"])
    assert {member for answer in ANSWERS.values() for member in answer} == set(described)


@pytest.mark.parametrize(
    "spoiled",
    [
        {**ANSWERS["queued"], "state": "waiting"},
        {**ANSWERS["queued"], "more": 1},
        {**ANSWERS["failed"], "reason": {"code": "bad_request"}},
        {**ANSWERS["queued"], "state": "succeeded"},
        {**ANSWERS["running"], "tries": "2"},
    ],
)
def test_what_is_not_described_does_not_fit(spoiled: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(spoiled)
