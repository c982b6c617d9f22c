"""A poller against a queue with a clock: batches, what is deleted, what comes again and when, what is counted."""

import threading
from collections import Counter as Multiset
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from local.runners.counters import Counters
from local.runners.invocation import InvokeResult
from local.runners.queue_mapping.poller import QueuePoller
from local.runners.queue_mapping.settings import MAX_PAYLOAD_BYTES, QueueMappingSettings
from local.runners.queue_mapping.status import QueueMappingStatus
from streams.record import event_json
from tests.local.mapping_fakes import FAILURE, SUCCESS, THROTTLE, FakeFunction, reported
from tests.local.queue_mapping_fakes import VISIBILITY_SECONDS, Clock, ClockedQueue, settings


class Ending(threading.Event):
    """Waits by the test's clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.sleep(timeout or 0)
        return self.is_set()


class Rig:
    """A poller with its queue, its clock and its function."""

    def __init__(self, answer: Callable[[dict[str, Any]], InvokeResult] = lambda _: SUCCESS, **changes: Any) -> None:
        self.clock = Clock()
        self.queue = ClockedQueue(clock=self.clock)
        self.function = FakeFunction(answer=answer)
        self.counters = Counters(QueueMappingStatus())
        self.ending = Ending(self.clock)
        self.poller = QueuePoller(
            settings=settings(**changes),
            sqs=self.queue,
            invoke=self.function,
            counters=self.counters,
            ending=self.ending,
            clock=self.clock,
        )

    @property
    def batches(self) -> list[list[str]]:
        """The bodies of each invocation."""
        return [[record["body"] for record in event["Records"]] for event in self.function.events]

    @property
    def counted(self) -> tuple[int, int, int]:
        """Received, deleted and returned messages."""
        now = self.counters.status()
        return now.messages_received, now.messages_deleted, now.messages_returned


def failing_for(*bodies: str) -> Callable[[dict[str, Any]], InvokeResult]:
    """Reports the messages with these bodies."""
    return lambda event: reported(*(each["messageId"] for each in event["Records"] if each["body"] in bodies))


def test_a_batch_is_invoked_in_lambdas_shape_and_deleted() -> None:
    rig = Rig()
    [first, _] = rig.queue.send("one", "two")

    assert rig.poller.poll() == 2

    assert rig.batches == [["one", "two"]]
    assert rig.function.events[0]["Records"][0] == {
        "messageId": first,
        "receiptHandle": "r2",
        "body": "one",
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "md5",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:work",
        "awsRegion": "us-east-1",
    }
    assert rig.queue.bodies == []
    assert rig.counted == (2, 2, 0)


def test_only_what_is_reported_comes_again_and_not_before_its_visibility_ends() -> None:
    rig = Rig(failing_for("bad"))
    rig.queue.send("good", "bad", "fine")

    rig.poller.poll()
    assert rig.queue.bodies == ["bad"]
    assert rig.poller.poll() == 0, "hidden"
    rig.clock.now += VISIBILITY_SECONDS
    rig.poller.poll()

    assert rig.batches == [["good", "bad", "fine"], ["bad"]]
    assert rig.counted == (4, 2, 2)
    status = rig.counters.status()
    assert (status.invocations, status.partial_failures, status.failed_invocations) == (2, 2, 0)


@pytest.mark.parametrize("result", [FAILURE, reported("another"), InvokeResult(status_code=200, payload=b"done")])
def test_a_failed_function_and_an_answer_that_means_nothing_return_the_whole_batch(result: InvokeResult) -> None:
    rig = Rig(lambda _: result)
    rig.queue.send("one", "two")

    rig.poller.poll()

    assert rig.queue.bodies == ["one", "two"]
    assert len(rig.batches) == 1, "and it is not tried again before its visibility ends"
    assert rig.counted == (2, 0, 2)
    assert rig.counters.status().failed_invocations == 1


def test_a_delayed_message_is_not_received_before_its_time() -> None:
    rig = Rig()
    rig.queue.send("late", delay_seconds=900)

    assert rig.poller.poll() == 0
    rig.clock.now += 899
    assert rig.poller.poll() == 1

    assert rig.batches == [["late"]]


def test_a_throttled_batch_is_tried_again_while_it_is_hidden() -> None:
    answers = [THROTTLE, THROTTLE, SUCCESS]
    rig = Rig(lambda _: answers.pop(0))
    rig.queue.send("one")

    rig.poller.poll()

    assert rig.queue.bodies == []
    assert rig.counters.status().not_invoked == 2
    assert rig.counters.status().invocations == 1


def test_a_batch_that_is_throttled_for_too_long_is_dropped_and_comes_again() -> None:
    rig = Rig(lambda _: THROTTLE)
    rig.queue.send("one")
    began = rig.clock.now

    rig.poller.poll()

    assert VISIBILITY_SECONDS <= rig.clock.now - began < VISIBILITY_SECONDS + 11
    assert rig.queue.bodies == ["one"]
    assert rig.counted == (1, 0, 1)


def test_an_invocation_that_raises_is_tried_again_and_loses_nothing() -> None:
    answers: list[InvokeResult | Exception] = [ConnectionError("gone"), SUCCESS]

    def answer(_: dict[str, Any]) -> InvokeResult:
        result = answers.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    rig = Rig(answer)
    rig.queue.send("one")

    rig.poller.poll()

    assert rig.queue.bodies == []


def test_what_cannot_be_deleted_comes_again() -> None:
    rig = Rig(batch_size=20, batching_window_seconds=1)
    rig.queue.send(*(str(number) for number in range(12)))
    rig.queue.undeletable = {"m3"}
    rig.queue.failures = [("delete_message_batch", ConnectionError("gone"))]

    rig.poller.poll()

    assert len(rig.batches[0]) == 12
    assert rig.counted == (12, 2, 10), "the ten of the call that failed"
    rig.clock.now += VISIBILITY_SECONDS
    rig.poller.poll()
    assert rig.queue.bodies == ["3"]


def test_a_message_that_sqs_does_not_delete_counts_as_returned() -> None:
    rig = Rig()
    rig.queue.send("one", "two")
    rig.queue.undeletable = {"m0"}

    rig.poller.poll()

    assert rig.queue.bodies == ["one"]
    assert rig.counted == (2, 1, 1)


def test_a_window_begins_with_the_first_message() -> None:
    rig = Rig(batching_window_seconds=5)
    rig.queue.send("one", delay_seconds=1)
    rig.queue.send("two", delay_seconds=5.5)

    rig.poller.poll()

    assert rig.batches == [["one", "two"]]


def test_a_batch_without_a_window_is_what_one_receipt_gives() -> None:
    rig = Rig(batch_size=4)
    rig.queue.send(*"abcdef")
    rig.queue.most_at_a_time = 3

    while rig.poller.poll():
        pass

    assert rig.batches == [["a", "b", "c"], ["d", "e", "f"]]


def test_a_window_collects_up_to_the_batch_size_beyond_what_one_receipt_gives() -> None:
    rig = Rig(batch_size=25, batching_window_seconds=5)
    rig.queue.send(*(str(number) for number in range(30)))

    rig.poller.poll()
    assert [len(batch) for batch in rig.batches] == [25]
    began = rig.clock.now
    rig.poller.poll()

    assert [len(batch) for batch in rig.batches] == [25, 5]
    assert 5 <= rig.clock.now - began < 6


def test_a_window_ends_at_once_when_the_mapping_stops() -> None:
    rig = Rig(batching_window_seconds=300)
    rig.queue.send("one")
    rig.ending.set()
    began = rig.clock.now

    rig.poller.poll()

    assert rig.batches == [["one"]]
    assert rig.clock.now - began < 1


def test_an_event_ends_below_the_payload_limit_and_the_rest_is_the_next_one() -> None:
    rig = Rig()
    rig.queue.send(*(letter * 1_000_000 for letter in "abcdefgh"))

    rig.poller.poll()
    rig.poller.poll()

    assert [[body[0] for body in batch] for batch in rig.batches] == [[*"abcdef"], [*"gh"]]
    assert all(len(event_json(event)) <= MAX_PAYLOAD_BYTES for event in rig.function.events)
    assert rig.queue.bodies == []


def test_a_rest_that_is_hidden_no_more_is_not_invoked() -> None:
    rig = Rig()
    rig.queue.send(*(letter * 1_000_000 for letter in "abcdefgh"))
    rig.poller.poll()
    rig.clock.now += VISIBILITY_SECONDS
    for message in rig.queue.messages:
        message.at += 2 * VISIBILITY_SECONDS  # somebody else has them now

    rig.poller.poll()

    assert len(rig.batches) == 1
    assert rig.counted == (8, 6, 2)


def test_a_receipt_that_fails_inside_a_window_keeps_what_is_in_hand() -> None:
    rig = Rig(batching_window_seconds=5)
    rig.queue.send("one")
    receive = rig.queue.receive_message

    def once(**options: Any) -> dict[str, Any]:
        if rig.counted[0]:
            raise ConnectionError("gone")
        return receive(**options)

    rig.queue.receive_message = once  # type: ignore[method-assign]
    rig.poller.poll()

    assert rig.batches == [["one"]]


def test_a_receipt_that_fails_is_raised_and_loses_nothing() -> None:
    rig = Rig()
    rig.queue.send("one")
    rig.queue.failures = [("receive_message", ConnectionError("gone"))]

    with pytest.raises(ConnectionError):
        rig.poller.poll()
    rig.poller.poll()

    assert rig.batches == [["one"]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 10_001, "batching_window_seconds": 1}, "batch_size"),
        ({"batch_size": 11}, "needs a window"),
        ({"batching_window_seconds": 301}, "batching_window_seconds"),
        ({"function_timeout_seconds": 61}, "less than the function's"),
        ({"queue_arn": "arn:aws:sqs:us-east-1:000000000000:work.fifo"}, "FIFO"),
    ],
)
def test_what_aws_refuses_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings(**changes)


def test_bounds_are_accepted() -> None:
    assert isinstance(settings(batch_size=10_000, batching_window_seconds=300), QueueMappingSettings)
    assert settings(function_timeout_seconds=60).visibility_seconds == 60


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    bodies=st.lists(st.sampled_from("abcd"), max_size=30),
    rounds=st.lists(st.sampled_from(["well", "error", "a", "b", "unknown", "throttle", "raises"]), max_size=12),
    batch_size=st.integers(1, 25),
)
def test_a_message_leaves_the_queue_only_after_an_answer_that_it_was_done(
    bodies: list[str], rounds: list[str], batch_size: int
) -> None:
    done: list[str] = []

    def answer(event: dict[str, Any]) -> InvokeResult:
        records = event["Records"]
        what = rounds.pop(0) if rounds else "well"
        if what == "raises":
            raise ConnectionError("gone")
        if what in ("error", "throttle", "unknown"):
            return {"error": FAILURE, "throttle": THROTTLE, "unknown": reported("nobody's")}[what]
        done.extend(record["messageId"] for record in records if record["body"] != what)
        return failing_for(what)(event)

    rig = Rig(answer, batch_size=batch_size, batching_window_seconds=1)
    sent = rig.queue.send(*bodies)
    while rig.queue.messages:
        before = {message.message_id for message in rig.queue.messages}
        if rig.poller.poll() == 0:
            rig.clock.now += VISIBILITY_SECONDS
        gone = before - {message.message_id for message in rig.queue.messages}
        assert gone <= set(done)

    assert Multiset(done) == Multiset(sent), "each is done once, because nothing here is delivered twice"
    received, deleted, returned_count = rig.counted
    assert (deleted, received) == (len(sent), deleted + returned_count)
