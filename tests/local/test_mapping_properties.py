"""For any outcomes of the function: every record is settled once, in order, and none is skipped."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from local.runners.invocation import InvokeResult
from local.runners.mapping.batch import DiscardBatch, InvokeBatch, Wait
from local.runners.mapping.lane import Lane
from local.runners.mapping.response import Failed, NotInvoked, Outcome, PartlyFailed, Succeeded, read_outcome
from local.runners.mapping.settings import MappingSettings
from local.runners.mapping.shard import MappingShard
from streams.record import StreamRecord
from tests.local.mapping_fakes import FAILURE, SUCCESS, reported, settings
from tests.streams.stream_fakes import NOW, record, records, sequences

MANY = hypothesis_settings(max_examples=200, deadline=None)


@dataclass(kw_only=True)
class Drive:
    """Runs a lane to its end on a fake clock and keeps what happened."""

    lane: Lane
    answer: Callable[[tuple[StreamRecord, ...]], Outcome]
    now: float = NOW
    settled: list[int] = field(default_factory=list)
    succeeded: list[int] = field(default_factory=list)
    discarded: list[list[int]] = field(default_factory=list)
    invocations: list[list[int]] = field(default_factory=list)

    def run(self, max_steps: int = 100_000) -> None:
        for _ in range(max_steps):
            if self.lane.pending == 0:
                return
            action = self.lane.next_action(self.now, flush=True)
            if isinstance(action, Wait):
                assert action.until_seconds is not None
                assert action.until_seconds > self.now, "a lane that waits for the past spins"
                self.now = action.until_seconds
            elif isinstance(action, InvokeBatch):
                self.invocations.append(sequences(action.batch.records))
                done = sequences(self.lane.invoked(self.answer(action.batch.records), self.now))
                self.settled += done
                self.succeeded += done
            elif isinstance(action, DiscardBatch):
                gone = sequences(self.lane.discarded())
                self.discarded.append(gone)
                self.settled += gone
        pytest.fail("the lane doesn't come to an end")


outcome_strategy = st.one_of(
    st.just(Succeeded()),
    st.just(Failed()),
    st.builds(NotInvoked, throttled=st.booleans()),
    st.integers(0, 40).map(lambda index: PartlyFailed(first_failed=index)),
)
settings_strategy = st.builds(
    lambda size, retries, bisect, age: settings(
        batch_size=size,
        maximum_retry_attempts=retries,
        bisect_batch_on_function_error=bisect,
        maximum_record_age_seconds=age,
    ),
    st.integers(1, 12),
    st.sampled_from([-1, 0, 1, 3]),
    st.booleans(),
    st.sampled_from([-1, 60]),
)


@MANY
@given(
    mapping=settings_strategy,
    count=st.integers(0, 40),
    outcomes=st.lists(outcome_strategy, max_size=80),
    arrivals=st.lists(st.integers(-90, 0), min_size=40, max_size=40),
)
def test_every_record_is_settled_exactly_once_and_in_order(
    mapping: MappingSettings, count: int, outcomes: list[Outcome], arrivals: list[int]
) -> None:
    left = list(outcomes)

    def answer(batch: tuple[StreamRecord, ...]) -> Outcome:
        outcome = left.pop() if left else Succeeded()
        if isinstance(outcome, PartlyFailed):
            return PartlyFailed(first_failed=outcome.first_failed % len(batch))
        return outcome

    lane = Lane(settings=mapping)
    lane.offer([record(number, arrival=NOW + arrivals[number - 1]) for number in range(1, count + 1)], NOW)
    drive = Drive(lane=lane, answer=answer)
    drive.run()
    assert drive.settled == list(range(1, count + 1))
    assert all(len(batch) <= mapping.batch_size for batch in drive.invocations)
    assert all(batch == list(range(batch[0], batch[-1] + 1)) for batch in drive.invocations)
    if mapping.maximum_retry_attempts < 0 and mapping.maximum_record_age_seconds < 0:
        assert drive.discarded == []


@MANY
@given(
    count=st.integers(1, 60),
    size=st.integers(1, 60),
    poison=st.sets(st.integers(1, 60), max_size=6),
    retries=st.integers(0, 3),
    reports=st.booleans(),
)
def test_bisect_leaves_only_the_poison_records_in_the_destination(
    count: int, size: int, poison: set[int], retries: int, reports: bool
) -> None:
    mapping = settings(batch_size=size, maximum_retry_attempts=retries, bisect_batch_on_function_error=True)

    def function(batch: tuple[StreamRecord, ...]) -> Outcome:
        bad = [one.sequence_number for one in batch if one.sequence in poison]
        result: InvokeResult = SUCCESS if not bad else reported(*reversed(bad)) if reports else FAILURE
        return read_outcome(result, batch, report_batch_item_failures=reports)

    lane = Lane(settings=mapping)
    lane.offer(records(count), NOW)
    drive = Drive(lane=lane, answer=function)
    drive.run()
    present = sorted(one for one in poison if one <= count)
    assert drive.discarded == [[one] for one in present]
    assert drive.succeeded == [number for number in range(1, count + 1) if number not in poison]
    for one in present:
        assert drive.invocations.count([one]) >= retries + 1


@MANY
@given(
    keys=st.lists(st.sampled_from("abcdefgh"), max_size=60),
    factor=st.integers(1, 10),
    size=st.integers(1, 5),
    choices=st.randoms(use_true_random=False),
)
def test_parallel_lanes_keep_the_order_of_a_key_and_the_checkpoint_passes_nothing_unsettled(
    keys: list[str], factor: int, size: int, choices: random.Random
) -> None:
    shard = MappingShard(
        settings=settings(parallelization_factor=factor, batch_size=size, bisect_batch_on_function_error=True)
    )
    offered = [record(number, key=key) for number, key in enumerate(keys, start=1)]
    shard.offer(offered, NOW)
    under_way: dict[int, tuple[StreamRecord, ...]] = {}
    settled: list[StreamRecord] = []
    now = NOW
    while shard.pending:
        now += 20
        for number, lane in enumerate(shard.lanes):
            action = lane.next_action(now)
            if isinstance(action, InvokeBatch):
                under_way[number] = action.batch.records
        assert len(under_way) <= factor
        number = choices.choice(sorted(under_way))
        batch = under_way.pop(number)
        outcome = Succeeded() if choices.random() < 0.7 else PartlyFailed(first_failed=choices.randrange(len(batch)))
        done = shard.lanes[number].invoked(outcome, now)
        settled += done
        shard.settle(done)
        open_numbers = {one.sequence for one in offered} - {one.sequence for one in settled}
        reached = int(shard.checkpoint or 0)
        assert all(number > reached for number in open_numbers)
        assert reached == min(open_numbers, default=len(offered) + 1) - 1
    for key in set(keys):
        in_stream = [one.sequence for one in offered if one.lane_key == key]
        assert [one.sequence for one in settled if one.lane_key == key] == in_stream
