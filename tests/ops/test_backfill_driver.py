"""The driver of a backfill: progress, stopping and resuming, failures, read capacity; on the real walk over fakes."""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from changefeed.backfill.request import BackfillRequest
from ops.backfill.driver import MOST_FAILURES, BackfillStoppedError, Driver
from ops.backfill.invocation import InvocationError
from ops.backfill.state import BackfillState, load_state
from ops.errors import OpsError
from tests.changefeed.backfill_rig import backfill_on, scanned_rig
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item
from tests.fakes import FakeContext, Fault

ITEMS = 60


class FakeFunction:
    """The function, in this process; what goes in and out is JSON. `interrupt_after` calls, the driver is stopped."""

    def __init__(self, rig: Rig, *, fail: Callable[[int], InvocationError | None] = lambda _: None) -> None:
        self.rig = rig
        self.fail = fail
        self.events: list[dict[str, Any]] = []
        self._lock = threading.Lock()  # the fakes know one thread

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.events.append(json.loads(json.dumps(event)))
            error = self.fail(len(self.events))
            if error is not None:
                raise error
            request = BackfillRequest.from_event({**event, "max_seconds": 0.001, "page_limit": 5})
            answer = backfill_on(self.rig)(request, FakeContext(clock=self.rig.clock, seconds=60))
            return dict(json.loads(json.dumps(answer)))


def full_rig() -> Rig:
    rig = scanned_rig()
    for number in range(ITEMS):
        rig.table.put(item(f"item-{number}"))
    return rig


def new_state(total_segments: int = 4) -> BackfillState:
    return BackfillState.new(table="t", index="i", consumer="c", total_segments=total_segments)


def drive(state: BackfillState, function: FakeFunction, file: Path, **settings: Any) -> None:
    Driver(state=state, invoke=function, save=lambda s: s.save(file), first_pause_seconds=0.001, **settings).run()


def test_every_segment_is_driven_to_its_end(tmp_path: Path) -> None:
    function, state = FakeFunction(full_rig()), new_state()
    drive(state, function, tmp_path / "state.json")
    assert state.done
    assert (state.items, state.written, state.parked) == (ITEMS, ITEMS, 0)
    assert len(function.rig.index.documents) == ITEMS
    assert {event["segment"] for event in function.events} == {0, 1, 2, 3}
    assert state.invocations == len(function.events)


def test_it_goes_on_where_it_was_however_often_it_is_stopped(tmp_path: Path) -> None:
    file, rig = tmp_path / "state.json", full_rig()
    new_state().save(file)
    stops = 0
    for _ in range(40):
        state = load_state(file)
        assert state is not None
        if state.done:
            break

        def show(state: BackfillState, before: int = state.items) -> None:
            if state.items - before >= 15:
                raise KeyboardInterrupt

        try:
            drive(state, FakeFunction(rig), file, workers=2, show=show)
        except KeyboardInterrupt:
            stops += 1
    assert stops >= 2
    state = load_state(file)
    assert state is not None
    assert state.done
    assert len(rig.index.documents) == ITEMS
    assert state.items == ITEMS, "no answer was lost, so no page was settled twice"
    assert state.runs > 2


def test_a_killed_driver_loses_answers_and_nothing_else(tmp_path: Path) -> None:
    file, rig = tmp_path / "state.json", full_rig()
    new_state(total_segments=1).save(file)
    for calls in (3, 2):
        state = load_state(file)
        assert state is not None

        class Killed(BaseException):
            pass

        def die(_: BackfillState, state: BackfillState = state, most: int = state.invocations + calls) -> None:
            if state.invocations > most:
                raise Killed  # before the file is written: the answer is lost

        driver = Driver(
            state=state,
            invoke=FakeFunction(rig),
            save=lambda s, d=die: (d(s), s.save(file))[0],  # type: ignore[misc]
        )
        with pytest.raises(Killed):
            driver.run()
    state = load_state(file)
    assert state is not None
    assert state.invocations == 5
    drive(state, FakeFunction(rig), file)
    assert len(rig.index.documents) == ITEMS


def test_a_failure_that_passes_is_tried_again(tmp_path: Path) -> None:
    passing = InvocationError("TooManyRequestsException", hopeless=False)
    function = FakeFunction(full_rig(), fail=lambda call: passing if call % 3 == 1 else None)
    state = new_state()
    drive(state, function, tmp_path / "state.json", workers=1)
    assert state.done


def test_a_failure_that_stays_stops_it_with_its_reason(tmp_path: Path) -> None:
    lasting = InvocationError("ServiceException", hopeless=False)
    function = FakeFunction(full_rig(), fail=lambda _: lasting)
    with pytest.raises(BackfillStoppedError, match="ServiceException"):
        drive(new_state(total_segments=1), function, tmp_path / "state.json")
    assert len(function.events) == MOST_FAILURES


def test_a_hopeless_failure_stops_it_at_once_and_keeps_what_was_done(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    hopeless = InvocationError("SuspectedEnvironmentError", hopeless=True)
    function = FakeFunction(full_rig(), fail=lambda call: hopeless if call == 4 else None)
    with pytest.raises(BackfillStoppedError, match="SuspectedEnvironmentError"):
        drive(new_state(), function, file, workers=1)
    assert len(function.events) == 4
    state = load_state(file)
    assert state is not None
    assert state.items == 15


def test_an_index_that_takes_nothing_stops_it_with_its_reason(tmp_path: Path) -> None:
    rig = full_rig()
    rig.index.faults.extend([Fault(status=403, error_type="security_exception")] * 1_000)
    with pytest.raises(BackfillStoppedError, match="security_exception_403"):
        drive(new_state(total_segments=1), FakeFunction(rig), tmp_path / "state.json")


def test_read_capacity_is_shared_and_nothing_starts_before_it_is_paid(tmp_path: Path) -> None:
    function, state = FakeFunction(full_rig()), new_state(total_segments=2)
    drive(state, function, tmp_path / "state.json", workers=2, read_capacity=100.0)
    assert {event["read_units_per_second"] for event in function.events} == {50.0}
    assert state.read_units == ITEMS / 2
    # 30 units at 100 a second; the pages under way when the last ones were read are not waited for.
    assert state.seconds >= 0.3 - 2 * 5 / 2 / 100 - 0.05


def test_more_workers_than_segments_do_not_thin_out_the_capacity(tmp_path: Path) -> None:
    function = FakeFunction(full_rig())
    drive(new_state(total_segments=1), function, tmp_path / "state.json", workers=8, read_capacity=1_000.0)
    assert {event["read_units_per_second"] for event in function.events} == {1_000.0}


def test_state_comes_back_as_it_was(tmp_path: Path) -> None:
    file, state = tmp_path / "folder" / "state.json", new_state()
    answer = {"next_key": {"id": {"B": "AP8="}}, "done": False, "items": 2, "written": 1, "superseded": 1, "parked": 0}
    state.take(state.segments[2], answer | {"read_units": 1.5})
    state.save(file)
    assert load_state(file) == state
    assert load_state(tmp_path / "none.json") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', "\xff"])
def test_a_file_that_is_something_else_is_not_taken_for_a_state(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    with pytest.raises(OpsError, match=r"state\.json"):
        load_state(file)
