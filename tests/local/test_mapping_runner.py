"""The runner with its threads, over a stream in memory: order, outages, destinations, status, a prompt stop."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.runners.invocation import InvokeResult
from local.runners.mapping.batch import DiscardBatch
from local.runners.mapping.runner import MappingRunner
from local.runners.polling.backoff import Backoff
from streams.record import StreamRecord
from tests.local.mapping_fakes import FAILURE, SUCCESS, FakeFunction, reported, settings
from tests.streams.stream_fakes import FakeReader, record, records

FAST = Backoff(first_seconds=0.001, cap_seconds=0.01)
Start = Callable[..., MappingRunner]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts runners and stops them after the test."""
    runners: list[MappingRunner] = []

    def make(reader: FakeReader, function: Any, **changes: Any) -> MappingRunner:
        deliver = changes.pop("deliver", None)
        runner = MappingRunner(
            settings=settings(**changes),
            reader=reader,
            invoke=function,
            deliver=deliver,
            backoff=FAST,
            poll_interval_seconds=0.005,
        )
        runners.append(runner)
        runner.start()
        return runner

    yield make
    assert all(runner.stop() for runner in runners)


def numbers(function: FakeFunction) -> list[int]:
    return [int(member["seq"]) for member in function.received]


def test_records_arrive_in_order_and_the_status_adds_up(start: Start) -> None:
    function = FakeFunction()
    runner = start(FakeReader(shards={"s": list(records(250))}), function, batch_size=100)
    assert runner.wait_until_drained(5)
    assert numbers(function) == list(range(1, 251))
    status = runner.status()
    assert (status.records_read, status.records_delivered, status.records_settled) == (250, 250, 250)
    assert (status.invocations, status.pending_records, status.failed_invocations) == (3, 0, 0)
    assert status.checkpoints == {"s": "250"}
    assert status.iterator_age_ms > 0


def test_parents_are_settled_before_their_children_are_read(start: Start) -> None:
    reader = FakeReader(
        shards={"child": list(records(5, first=100)), "left": list(records(5)), "right": list(records(5, first=50))},
        parents={"child": {"left", "right"}},
        closed={"left", "right"},
    )
    failures = [FAILURE] * 5
    function = FakeFunction(answer=lambda _event: failures.pop() if failures else SUCCESS)
    runner = start(reader, function, batch_size=2)
    assert runner.wait_until_drained(5)
    first_of_child = next(index for index, number in enumerate(numbers(function)) if number >= 100)
    before = set(numbers(function)[:first_of_child])
    assert before == {1, 2, 3, 4, 5, 50, 51, 52, 53, 54}
    assert runner.status().checkpoints == {"left": "5", "right": "54", "child": "104"}


def test_a_runner_is_not_drained_while_the_children_of_a_closed_shard_are_unknown(start: Start) -> None:
    may_list_again, listings = threading.Event(), 0

    def listing() -> None:
        nonlocal listings
        listings += 1
        # The first listing starts the parent; any later one may be the one that a drain asks for.
        if listings > 1:
            may_list_again.wait(5)

    reader = FakeReader(
        shards={"parent": list(records(3)), "child": list(records(3, first=10))},
        parents={"child": {"parent"}},
        closed={"parent"},
        listing=listing,
    )
    function = FakeFunction()
    runner = start(reader, function)
    assert not runner.wait_until_drained(0.2)
    may_list_again.set()
    assert runner.wait_until_drained(5)
    assert numbers(function) == [1, 2, 3, 10, 11, 12]


def test_a_closed_shard_does_not_wait_for_its_window(start: Start) -> None:
    function = FakeFunction()
    reader = FakeReader(shards={"s": list(records(3))}, closed={"s"})
    runner = start(reader, function, batching_window_seconds=300)
    assert runner.wait_until_drained(5)
    assert numbers(function) == [1, 2, 3]


def test_any_error_of_a_poll_is_survived(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    throttled = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "GetRecords")
    reader = FakeReader(shards={"s": list(records(3))}, errors=[OSError("refused"), throttled, KeyError("Records")])
    function = FakeFunction()
    runner = start(reader, function)
    assert runner.wait_until_drained(5)
    assert numbers(function) == [1, 2, 3]
    assert runner.status().poll_failures == 3
    assert "shard s failed (1 in a row): OSError: refused" in caplog.text


def test_a_throttle_is_no_failure_and_uses_up_no_retry(start: Start) -> None:
    throttle = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke")
    trouble: list[Exception] = [OSError("refused"), throttle, throttle, throttle]

    def answer(_event: dict[str, Any]) -> InvokeResult:
        if trouble:
            raise trouble.pop()
        return SUCCESS

    runner = start(FakeReader(shards={"s": list(records(2))}), FakeFunction(answer=answer), maximum_retry_attempts=0)
    assert runner.wait_until_drained(5)
    status = runner.status()
    assert (status.throttles, status.not_invoked, status.invocations, status.records_discarded) == (3, 4, 1, 0)


def test_a_poison_record_ends_alone_in_a_destination_that_first_fails(start: Start) -> None:
    delivered: list[DiscardBatch] = []
    refusals = [OSError("queue away")] * 3

    def deliver(action: DiscardBatch, shard_id: str, _now: float) -> None:
        assert shard_id == "s"
        if refusals:
            raise refusals.pop()
        delivered.append(action)

    def answer(event: dict[str, Any]) -> InvokeResult:
        return FAILURE if any(member["seq"] == "7" for member in event["Records"]) else SUCCESS

    function = FakeFunction(answer=answer)
    changes = {"maximum_retry_attempts": 2, "bisect_batch_on_function_error": True}
    runner = start(FakeReader(shards={"s": list(records(20))}), function, deliver=deliver, **changes)
    assert runner.wait_until_drained(5)
    assert [[one.sequence for one in action.batch.records] for action in delivered] == [[7]]
    assert delivered[0].batch.invoke_count == 3
    status = runner.status()
    assert (status.records_settled, status.records_discarded, status.batches_sent_to_destination) == (19, 1, 1)
    assert status.destination_failures == 3
    assert status.checkpoints == {"s": "20"}


def test_reported_items_are_delivered_again_and_those_before_are_not(start: Start) -> None:
    answers = [reported("3")]
    function = FakeFunction(answer=lambda _event: answers.pop() if answers else SUCCESS)
    runner = start(FakeReader(shards={"s": list(records(4))}), function, report_batch_item_failures=True)
    assert runner.wait_until_drained(5)
    assert numbers(function) == [1, 2, 3, 4, 3, 4]
    assert runner.status().partial_failures == 1


def test_lanes_run_in_parallel_and_keep_the_order_of_a_key(start: Start) -> None:
    stream: list[StreamRecord] = [record(number, key=f"key-{number % 16}") for number in range(1, 321)]
    together, most, lock = 0, 0, threading.Lock()

    def answer(_event: dict[str, Any]) -> InvokeResult:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        time.sleep(0.005)
        with lock:
            together -= 1
        return SUCCESS

    function = FakeFunction(answer=answer)
    runner = start(FakeReader(shards={"s": stream}), function, parallelization_factor=4, batch_size=10)
    assert runner.wait_until_drained(10)
    assert 2 <= most <= 4
    for key in {one.lane_key for one in stream}:
        arrived = [int(member["seq"]) for member in function.received if member["key"] == key]
        assert arrived == [one.sequence for one in stream if one.lane_key == key]
    assert runner.status().checkpoints == {"s": "320"}


def test_the_reader_waits_while_the_function_is_stuck(start: Start) -> None:
    free = threading.Event()

    def answer(_event: dict[str, Any]) -> InvokeResult:
        free.wait(5)
        return SUCCESS

    runner = start(FakeReader(shards={"s": list(records(500))}, page=10), FakeFunction(answer=answer), batch_size=10)
    assert not runner.wait_until_drained(0.1)
    assert runner.status().records_read <= 30
    free.set()
    assert runner.wait_until_drained(5)
    assert runner.status().records_settled == 500


def test_latest_skips_what_was_there_before(start: Start) -> None:
    reader = FakeReader(shards={"s": list(records(5))})
    function = FakeFunction()
    runner = start(reader, function, starting_position="LATEST")
    assert runner.wait_until_reading(5)
    reader.shards["s"].append(record(6))
    assert runner.wait_until_drained(5)
    assert numbers(function) == [6]


def test_stop_is_prompt_during_a_long_back_off_and_leaves_no_thread() -> None:
    before = threading.active_count()
    runner = MappingRunner(
        settings=settings(parallelization_factor=3, batching_window_seconds=300),
        reader=FakeReader(shards={"s": list(records(500)), "t": []}),
        invoke=FakeFunction(answer=lambda _event: FAILURE),
        backoff=Backoff(first_seconds=60, cap_seconds=60),
    )
    runner.start()
    assert not runner.wait_until_drained(0.05)
    begun = time.monotonic()
    assert runner.stop()
    assert time.monotonic() - begun < 1
    assert threading.active_count() == before


def test_stop_says_when_an_invocation_outlives_it() -> None:
    free, running = threading.Event(), threading.Event()

    def answer(_event: dict[str, Any]) -> InvokeResult:
        running.set()
        free.wait(5)
        return SUCCESS

    runner = MappingRunner(
        settings=settings(), reader=FakeReader(shards={"s": list(records(1))}), invoke=FakeFunction(answer=answer)
    )
    runner.start()
    assert running.wait(5)
    assert not runner.stop(0.05)
    free.set()
    assert runner.stop()
