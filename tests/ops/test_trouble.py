"""Every error of a collection that an operator can meet is told with the index, the cause and the cure."""

from typing import Any

import pytest
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionError,
    ConnectionTimeout,
    NotFoundError,
    RequestError,
    SSLError,
    TransportError,
)

from ops.explain import explain
from ops.trouble.search import Where, search_trouble, told
from ops.trouble.trouble import Trouble

WHERE = Where(index="lab", endpoint="https://c", consumer="sync_kinesis_stream", flag=" --stack dev")
CLOSED = {"error": {"type": "index_closed_exception", "reason": "secret", "index": "lab"}}
CASES: list[tuple[TransportError, str, str, str]] = [
    (RequestError(400, "index_closed_exception", CLOSED), "index lab answered 400", "is closed", "POST lab/_open"),
    (NotFoundError(404, "index_not_found_exception", {}), "there is no index lab", "deleted", "backfill sync_kinesis"),
    (
        AuthorizationException(403, "cluster_block_exception", {}),
        "answered 403",
        "by a setting",
        "index.blocks.read_only",
    ),
    (TransportError(429, "cluster_block_exception", {}), "answered 429", "disk is full", "Free disk space"),
    (AuthenticationException(401, "", {}), "answered 401", "doesn't let", "data access policy"),
    (AuthorizationException(403, "security_exception", {}), "answered 403", "doesn't let", "aoss:APIAccessAll"),
    (TransportError(429, "rejected_execution_exception", {}), "answered 429", "no capacity", "Wait"),
    (TransportError(503, "circuit_breaking_exception", {}), "answered 503", "no capacity", "Wait"),
    (TransportError(502, "", {}), "answered 502", "fails", "Run it again"),
    (ConnectionTimeout("TIMEOUT", "secret", Exception()), "in time", "too much to do", "Run it again"),
    (ConnectionError("N/A", "secret", Exception()), "did not answer (ConnectionError)", "can't be reached", "VPC"),
    (SSLError("N/A", "secret", Exception()), "did not answer (SSLError)", "certificate", "endpoint"),
    (RequestError(400, "odd_exception", {"error": {"reason": "secret"}}), "odd_exception", "can't serve", "ops probe"),
]


@pytest.mark.parametrize(("error", "seen", "cause", "cure"), CASES, ids=lambda each: repr(each)[:40])
def test_each_has_index_cause_and_cure(error: TransportError, seen: str, cause: str, cure: str) -> None:
    with pytest.raises(Trouble) as caught, told(WHERE):
        raise error
    trouble = caught.value
    assert seen in trouble.seen
    assert "lab" in trouble.seen
    assert cause in trouble.cause
    assert cure in trouble.cure
    assert "secret" not in str(trouble)


@pytest.mark.parametrize("error", [case[0] for case in CASES], ids=lambda each: repr(each)[:40])
def test_a_command_that_knows_no_index_tells_cause_and_cure_as_well(error: TransportError) -> None:
    said = explain(error) or ""
    assert "\n  cause: " in said
    assert "\n  cure:  " in said
    assert "secret" not in said


def test_the_index_is_taken_from_the_answer_where_nothing_else_tells_it() -> None:
    assert search_trouble(RequestError(400, "index_closed_exception", CLOSED)).seen.startswith("index lab answered")


@pytest.mark.parametrize("info", [None, "text", {"error": "text"}, {"error": {"index": None}}])
def test_an_answer_of_any_shape_is_told(info: Any) -> None:
    assert "the collection" in search_trouble(RequestError(400, "odd", info)).seen


def test_what_is_no_error_of_the_collection_passes() -> None:
    with pytest.raises(ZeroDivisionError), told(WHERE):
        raise ZeroDivisionError
