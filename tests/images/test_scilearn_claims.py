"""Claim and settlement under every order of what deliveries do: one analysis, one settled state, nothing stuck."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scilearn.claims import Delivery, Refusal, decide
from scilearn.errors import AnalysisFailedError, PermanentError, TransientError
from scilearn.service import AnalysisService, Finished
from scilearn.status_record import SETTLED, StatusRecord
from scilearn.status_table import StatusTable
from tests.fakes import FakeClock
from tests.images.scilearn_fakes import REQUEST_ID, FakeStatusTable, client_error, pipe_event

LEASE_SECONDS = 60.0


class Killed(BaseException):
    """The process ended here."""


class World:
    """Deliveries of one request over one table. A running analysis may start other deliveries: that is an interleaving.

    A script is a list of steps; each delivery takes the next one when its analysis runs.
    """

    def __init__(self, script: list[tuple[Any, ...]]) -> None:
        self.script = script
        self.clock = FakeClock()
        self.table = FakeStatusTable()
        self.running: list[str] = []
        self.overlaps = 0
        self.succeeded_by: list[str] = []
        self.tokens = 0
        self.depth = 0

    def token(self) -> str:
        self.tokens += 1
        return str(self.tokens)

    def deliver(self, invocation: str, resend: int = 0) -> str:
        table = StatusTable(table_name="t", client=lambda: self.table)
        service = AnalysisService(
            table=table,
            analyse=lambda *_: self.analyse(invocation),
            kept_seconds=1000,
            maximum_tries=3,
            new_token=self.token,
            now=self.clock,
        )
        event = pipe_event({}, resend=resend)
        try:
            answer = service.handle(event, invocation_id=invocation, seconds_left=LEASE_SECONDS)
        except (AnalysisFailedError, TransientError, Killed) as end:
            return type(end).__name__
        if answer["state"] == "succeeded" and not answer["duplicate"]:
            self.succeeded_by.append(invocation)
        return str(answer["state"])

    def analyse(self, invocation: str) -> Finished:
        # The same invocation never runs twice at once, and a lease is over only when its holder is gone.
        self.overlaps += any(other != invocation for other in self.running)
        self.running.append(invocation)
        try:
            while self.script:
                step, *arguments = self.script.pop(0)
                if step == "deliver" and self.depth < 3:
                    if arguments[0] not in self.running:
                        self.depth += 1
                        self.deliver(*arguments)
                        self.depth -= 1
                elif step == "kill":
                    raise Killed
                elif step == "transient":
                    raise TransientError("x", "x")
                elif step == "permanent":
                    raise PermanentError("x", "x")
                elif step == "throttle":
                    self.table.failures.append(client_error("ThrottlingException"))
                elif step == "done":
                    break
            return Finished(analysis="describe", result={"bucket": "b", "keys": [invocation]}, rows={})
        finally:
            self.running.remove(invocation)

    def record(self) -> StatusRecord | None:
        item = self.table.items.get(REQUEST_ID)
        return StatusRecord.from_item(item) if item else None


INVOCATIONS = st.sampled_from(["a", "b", "c"])
STEPS = st.one_of(
    st.tuples(st.just("deliver"), INVOCATIONS, st.integers(0, 2)),
    st.sampled_from([("kill",), ("transient",), ("permanent",), ("throttle",), ("done",)]),
)
OUTER = st.one_of(
    st.tuples(st.just("deliver"), INVOCATIONS, st.integers(0, 2)),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 30.0, 70.0])),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(OUTER, min_size=1, max_size=8), st.lists(STEPS, max_size=12))
def test_any_interleaving_has_one_worker_at_a_time_and_a_settled_state_stays(
    outer: list[tuple[Any, ...]], script: list[tuple[Any, ...]]
) -> None:
    world = World(script)
    settled: StatusRecord | None = None
    for step in outer:
        if step[0] == "wait":
            world.clock.now += step[1]
        else:
            world.deliver(step[1], step[2])
        record = world.record()
        if settled is not None and settled.state == "succeeded":
            assert record == settled, "a succeeded request changed"
        if settled is not None and settled.state == "failed" and record is not None and record != settled:
            assert record.resend > settled.resend, "a failed request ran again without being sent again"
        settled = record if record is not None and record.state in SETTLED else None
    assert world.overlaps == 0
    assert len(world.succeeded_by) <= 1 or set(world.succeeded_by) == {world.succeeded_by[0]}
    # Nothing is stuck: once leases are over, one more delivery settles it.
    world.script.clear()
    world.table.failures.clear()
    world.clock.now += LEASE_SECONDS + 10
    world.deliver("last", 99)
    final = world.record()
    assert final is not None
    assert final.state == "succeeded"


def delivery(**changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "request_id": REQUEST_ID,
        "invocation_id": "a",
        "resend": 0,
        "accepted_at_milliseconds": 1,
        "now": 1000.0,
        "ends_at": 1060.0,
        "kept_seconds": 10,
        "token": "1",
    }
    return Delivery(**values | changes)


def test_of_two_deliveries_that_read_the_same_state_one_wins() -> None:
    fake = FakeStatusTable()
    table = StatusTable(table_name="t", client=lambda: fake)
    first, second = (decide(None, delivery(invocation_id=name, token=name)) for name in ("a", "b"))
    assert isinstance(first, StatusRecord)
    assert isinstance(second, StatusRecord)
    assert table.write(first, over=None)
    assert not table.write(second, over=None)


def test_a_write_whose_answer_was_lost_is_recognised_as_ones_own() -> None:
    fake = FakeStatusTable()
    table = StatusTable(table_name="t", client=lambda: fake)
    claim = decide(None, delivery())
    assert isinstance(claim, StatusRecord)
    assert table.write(claim, over=None)
    assert table.write(claim, over=None), "botocore sends a put again when its answer is lost"


def test_the_lease_outlives_the_invocation() -> None:
    claim = decide(None, delivery())
    assert isinstance(claim, StatusRecord)
    assert claim.lease_until > 1060
    other = decide(claim, delivery(invocation_id="b", now=1060.0))
    assert isinstance(other, Refusal)
    assert isinstance(decide(claim, delivery(invocation_id="b", now=1067.0)), StatusRecord)


@pytest.mark.parametrize("state", ["running", "waiting", "succeeded", "failed"])
def test_a_record_survives_the_table(state: Any) -> None:
    claim = decide(None, delivery())
    assert isinstance(claim, StatusRecord)
    record = StatusRecord(
        **vars(claim) | {"state": state, "reason": {"code": "x", "message": "é"}, "usage": {"s": 1.5}}
    )
    assert StatusRecord.from_item(record.to_item()) == record
