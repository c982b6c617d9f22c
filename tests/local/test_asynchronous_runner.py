"""Pipe and runner with their threads, against fakes: nothing is lost or done twice, whatever fails."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from local.runners.asynchronous.event import AsynchronousEvent
from local.runners.asynchronous.pipe import Pipe
from local.runners.asynchronous.runner import AsynchronousRunner
from local.runners.asynchronous.settings import MAX_EVENT_BYTES
from local.runners.queue_record import queue_record
from tests.local.asynchronous_fakes import (
    DONE,
    ERROR,
    NOW,
    PIPE,
    THROTTLED,
    FakeAttempt,
    FakeDestination,
    FakeQueue,
    settings,
)


def hundredfold() -> Callable[[], float]:
    """A clock a hundred times as fast, so that the waits of a retry are milliseconds."""
    start = time.monotonic()
    return lambda: NOW + (time.monotonic() - start) * 100


def runner_of(
    attempt: FakeAttempt, destination: FakeDestination, *, clock: Callable[[], float] | None = None, **rules: Any
) -> AsynchronousRunner:
    runner = AsynchronousRunner(
        settings=settings(**rules), attempt=attempt, deliver=destination, clock=clock or hundredfold()
    )
    runner.start()
    return runner


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def no_return() -> None:
    raise AssertionError("nothing was to be given back")


def test_an_event_that_fails_for_good_is_tried_three_times_under_one_request_id() -> None:
    attempt, destination = FakeAttempt(answer=lambda _: ERROR), FakeDestination()
    runner = runner_of(attempt, destination)
    request_id = runner.accept({"n": 1}, give_back=no_return)
    wait_until(lambda: len(destination.delivered) == 1)
    assert [event.request_id for event in attempt.seen] == [request_id] * 3
    assert destination.delivered[0].condition == "RetriesExhausted"
    assert runner.stop()
    assert (runner.status().attempts, runner.status().given_up, runner.status().records_sent) == (3, 1, 1)


def test_no_more_events_are_with_the_function_than_allowed_and_the_rest_waits_outside() -> None:
    attempt, destination = FakeAttempt(), FakeDestination()
    attempt.gate.clear()
    runner = runner_of(attempt, destination, parallel=2)
    for number in range(6):  # two with the function, four held
        assert runner.wait_for_room(5)
        runner.accept({"n": number}, give_back=no_return)
        wait_until(lambda taken=number: len(attempt.seen) == min(2, taken + 1))  # type: ignore[misc]
    assert not runner.wait_for_room(0.05)
    attempt.gate.set()
    wait_until(lambda: len(destination.delivered) == 6)
    assert attempt.most_at_once == 2
    assert runner.stop()


def test_a_waiting_retry_takes_no_room() -> None:
    attempt = FakeAttempt(answer=lambda event: ERROR if event.payload == "bad" else DONE)
    destination = FakeDestination()
    runner = runner_of(attempt, destination, clock=lambda: NOW)  # time stands still: the retry never becomes due
    for _ in range(5):
        assert runner.wait_for_room(5)
        runner.accept("bad", give_back=no_return)
    wait_until(lambda: len(attempt.seen) == 5)
    runner.accept("good", give_back=no_return)
    wait_until(lambda: len(destination.delivered) == 1)
    assert destination.delivered[0].event.payload == "good"
    assert runner.stop()
    assert runner.status().given_up == 5, "at a stop what failed before is brought to its end without its waits"
    assert Counter(event.payload for event in attempt.seen) == {"bad": 15, "good": 1}


def test_at_a_stop_what_runs_is_finished_and_what_the_function_never_saw_is_given_back() -> None:
    attempt, destination = FakeAttempt(), FakeDestination()
    attempt.gate.clear()
    runner = runner_of(attempt, destination)
    back: list[int] = []
    for number in range(3):
        runner.accept(number, give_back=lambda number=number: back.append(number))  # type: ignore[misc]
        wait_until(lambda: len(attempt.seen) == 1)
    threading.Timer(0.1, attempt.gate.set).start()
    assert runner.stop()
    assert back == [1, 2]
    assert [ended.event.payload for ended in destination.delivered] == [0]
    with pytest.raises(RuntimeError, match="taken no more"):
        runner.accept(3, give_back=no_return)


def test_a_stop_while_the_service_is_away_ends_and_gives_back() -> None:
    attempt = FakeAttempt(answer=lambda _: THROTTLED)
    runner = runner_of(attempt, FakeDestination())
    back: list[int] = []
    runner.accept(1, give_back=lambda: back.append(1))
    wait_until(lambda: runner.status().not_invoked > 0)
    started = time.monotonic()
    assert runner.stop(timeout_seconds=10)
    assert time.monotonic() - started < 5, "there is nothing to wait for"
    assert back == [1]
    assert runner.status().given_back == 1


def test_a_stop_while_a_running_attempt_is_throttled_gives_its_event_back_at_once() -> None:
    attempt = FakeAttempt(answer=lambda _: THROTTLED)
    attempt.gate.clear()
    runner = runner_of(attempt, FakeDestination())
    back: list[int] = []
    runner.accept(1, give_back=lambda: back.append(1))
    wait_until(lambda: len(attempt.seen) == 1)
    threading.Timer(0.1, attempt.gate.set).start()
    started = time.monotonic()
    assert runner.stop(timeout_seconds=10)
    assert time.monotonic() - started < 5
    assert (back, len(attempt.seen)) == ([1], 1)


def test_a_record_is_kept_until_its_destination_takes_it() -> None:
    destination = FakeDestination(failures=[OSError("away"), OSError("away")])
    runner = runner_of(FakeAttempt(), destination)
    runner.accept({}, give_back=no_return)
    wait_until(lambda: len(destination.delivered) == 1)
    assert runner.status().destination_failures == 2
    assert runner.status().succeeded == 1, "counted when it is delivered"
    assert runner.stop()


def test_a_pipe_deletes_a_message_after_the_hand_over_and_not_before() -> None:
    queue, attempt = FakeQueue(), FakeAttempt()
    queue.send_message(QueueUrl="url", MessageBody="one")
    queue.failures = [("delete_message_batch", OSError("away"))]
    destination = FakeDestination()
    runner = runner_of(attempt, destination)
    pipe = Pipe(settings=PIPE, sqs=queue, target=runner)
    with pytest.raises(OSError, match="away"):
        pipe.poll()
    assert queue.bodies == ["one"], "handed over, but not deleted: it comes a second time"
    queue.time_out_visibility()
    assert pipe.poll() == 1
    assert queue.bodies == []
    wait_until(lambda: len(destination.delivered) == 2)
    assert runner.stop()


def test_a_pipe_that_can_not_hand_over_leaves_the_message() -> None:
    queue = FakeQueue()
    queue.send_message(QueueUrl="url", MessageBody="one")
    runner = runner_of(FakeAttempt(), FakeDestination())
    runner.stop()
    with pytest.raises(RuntimeError, match="no more"):
        Pipe(settings=PIPE, sqs=queue, target=runner).poll()
    assert queue.bodies == ["one"]


def test_an_event_above_lambdas_limit_stays_for_the_dead_letter_queue() -> None:
    queue = FakeQueue()
    queue.send_message(QueueUrl="url", MessageBody="x" * MAX_EVENT_BYTES)
    runner = runner_of(FakeAttempt(), FakeDestination())
    assert Pipe(settings=PIPE, sqs=queue, target=runner).poll() == 0
    assert len(queue.bodies) == 1
    runner.stop()
    assert runner.status().accepted == 0


def test_a_record_of_the_pipe_has_every_field_of_the_guide() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": "b",
        "MD5OfBody": "d",
        "Attributes": {"SentTimestamp": "1"},
        "MessageAttributes": {"kind": {"StringValue": "s", "DataType": "String"}},
        "MD5OfMessageAttributes": "a",
    }
    assert queue_record(message, PIPE.queue_arn) == {
        "messageId": "m",
        "receiptHandle": "r",
        "body": "b",
        "attributes": {"SentTimestamp": "1"},
        "messageAttributes": {
            "kind": {"stringValue": "s", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
        },
        "md5OfMessageAttributes": "a",
        "md5OfBody": "d",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:work",
        "awsRegion": "us-east-1",
    }


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    scripts=st.lists(
        st.lists(st.sampled_from([DONE, ERROR, THROTTLED]), min_size=1, max_size=4), min_size=1, max_size=8
    ),
    lost_deletes=st.integers(0, 3),
    stop_after=st.integers(0, 8),
)
def test_whatever_fails_and_whenever_it_stops_each_message_ends_or_is_in_the_queue(
    scripts: list[list[Any]], lost_deletes: int, stop_after: int
) -> None:
    """Message n's attempts end as its script says, then succeed. Stopped when some have ended, and started again."""
    queue, destination = FakeQueue(), FakeDestination()
    for number in range(len(scripts)):
        queue.send_message(QueueUrl="url", MessageBody=str(number))
    queue.failures = [("delete_message_batch", OSError("lost"))] * lost_deletes
    tried: Counter[str] = Counter()
    lock = threading.Lock()

    def answer(event: AsynchronousEvent) -> Any:
        number = event.payload[0]["body"]
        with lock:
            tried[number] += 1
            script = scripts[int(number)]
            return script[tried[number] - 1] if tried[number] <= len(script) else DONE

    for goal in (min(stop_after, len(scripts)), len(scripts)):
        runner = runner_of(FakeAttempt(answer=answer), destination, parallel=2)
        pipe = Pipe(settings=PIPE, sqs=queue, target=runner)
        deadline = time.monotonic() + 20
        while len({ended.event.payload[0]["body"] for ended in destination.delivered}) < goal:
            assert time.monotonic() < deadline
            queue.time_out_visibility()
            if runner.wait_for_room(0.02):
                try:
                    pipe.poll()
                except OSError:
                    continue
        assert runner.stop()
        ended_or_kept = {ended.event.payload[0]["body"] for ended in destination.delivered} | set(queue.bodies)
        assert ended_or_kept == {str(number) for number in range(len(scripts))}
