"""The state machine of one lane, step by step, on a fake clock."""

import json

import pytest

from local.runners.mapping.batch import Batch, DiscardBatch, InvokeBatch, Wait
from local.runners.mapping.lane import Lane
from local.runners.mapping.response import Failed, NotInvoked, PartlyFailed, Succeeded
from local.runners.mapping.settings import MAX_PAYLOAD_BYTES
from local.runners.polling.backoff import Backoff
from tests.local.mapping_fakes import FAILURE, settings
from tests.streams.stream_fakes import NOW, record, records, sequences


def invoking(lane: Lane, now: float = NOW) -> Batch:
    action = lane.next_action(now)
    assert isinstance(action, InvokeBatch), action
    return action.batch


def discarding(lane: Lane, now: float = NOW) -> DiscardBatch:
    action = lane.next_action(now)
    assert isinstance(action, DiscardBatch), action
    return action


def lane_with(count: int, **changes: object) -> Lane:
    lane = Lane(settings=settings(**changes))
    lane.offer(records(count), NOW)
    return lane


def test_an_empty_lane_waits_for_records() -> None:
    assert Lane(settings=settings()).next_action(NOW) == Wait(until_seconds=None)


def test_without_a_window_what_is_there_is_invoked_at_once_and_no_more_than_the_batch_size() -> None:
    lane = lane_with(5, batch_size=3)
    assert sequences(invoking(lane).records) == [1, 2, 3]
    lane.invoked(Succeeded(), NOW)
    assert sequences(invoking(lane).records) == [4, 5]


def test_one_lane_has_one_invocation_under_way() -> None:
    lane = lane_with(5, batch_size=3)
    invoking(lane)
    assert lane.next_action(NOW + 100) == Wait(until_seconds=None)


def test_a_window_is_waited_for_from_its_first_record() -> None:
    lane = Lane(settings=settings(batching_window_seconds=2, batch_size=10))
    lane.offer(records(1), NOW)
    lane.offer(records(1, first=2), NOW + 1.9)
    assert lane.next_action(NOW + 1.9) == Wait(until_seconds=NOW + 2)
    assert sequences(invoking(lane, NOW + 2).records) == [1, 2]


def test_a_full_batch_ends_the_window() -> None:
    lane = Lane(settings=settings(batching_window_seconds=300, batch_size=2))
    lane.offer(records(3), NOW)
    assert sequences(invoking(lane).records) == [1, 2]
    lane.invoked(Succeeded(), NOW)
    assert lane.next_action(NOW) == Wait(until_seconds=NOW + 300)


def test_a_closed_shard_ends_the_window() -> None:
    lane = Lane(settings=settings(batching_window_seconds=300, batch_size=2))
    lane.offer(records(1), NOW)
    assert isinstance(lane.next_action(NOW, flush=True), InvokeBatch)


def test_six_megabytes_end_the_window_and_the_batch() -> None:
    lane = Lane(settings=settings(batching_window_seconds=300, batch_size=100))
    lane.offer([record(number, padding=2_000_000) for number in (1, 2, 3)], NOW)
    assert lane.next_action(NOW) == Wait(until_seconds=NOW + 300)
    lane.offer([record(4, padding=2_000_000)], NOW)
    batch = invoking(lane)
    assert sequences(batch.records) == [1, 2, 3]
    event = {"Records": [one.event_record for one in batch.records]}
    assert len(json.dumps(event, separators=(",", ":"))) <= MAX_PAYLOAD_BYTES


def test_a_record_over_the_payload_limit_is_a_batch_of_its_own() -> None:
    lane = Lane(settings=settings())
    lane.offer([record(1, padding=7_000_000), record(2)], NOW)
    assert sequences(invoking(lane).records) == [1]


def test_an_error_retries_the_whole_batch_after_a_growing_wait_with_a_cap() -> None:
    lane = lane_with(2)
    now, waits = NOW, []
    for _ in range(9):
        assert sequences(invoking(lane, now).records) == [1, 2]
        assert lane.invoked(Failed(), now) == ()
        action = lane.next_action(now)
        assert isinstance(action, Wait)
        waits.append(round((action.until_seconds or 0) - now, 3))
        now = action.until_seconds or 0
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10]


def test_an_outage_of_twenty_seconds_leaves_a_tail_of_less_than_the_cap() -> None:
    backoff, tried = Backoff(), 0.0
    for failures in range(1, 20):
        tried += backoff.seconds(failures)
        if tried >= 20:
            break
    assert tried == pytest.approx(22.6)


def test_retries_are_counted_and_then_the_batch_is_given_up_and_the_shard_moves_on() -> None:
    lane = lane_with(3, batch_size=2, maximum_retry_attempts=2)
    for attempt in range(3):
        assert sequences(invoking(lane, NOW + 60 * attempt).records) == [1, 2]
        lane.invoked(Failed(), NOW + 60 * attempt, result=FAILURE)
    action = discarding(lane, NOW + 180)
    assert action.condition == "RetryAttemptsExhausted"
    assert action.batch.invoke_count == 3
    assert action.batch.last_result == FAILURE
    assert sequences(lane.discarded()) == [1, 2]
    assert sequences(invoking(lane, NOW + 180).records) == [3]


def test_no_retries_at_all_is_a_setting_too() -> None:
    lane = lane_with(1, maximum_retry_attempts=0)
    invoking(lane)
    lane.invoked(Failed(), NOW)
    assert discarding(lane).condition == "RetryAttemptsExhausted"


def test_unlimited_retries_block_the_lane() -> None:
    lane = lane_with(1)
    for attempt in range(500):
        invoking(lane, NOW + 60 * attempt)
        lane.invoked(Failed(), NOW + 60 * attempt)
    assert lane.pending == 1


def test_throttles_wait_but_use_up_no_retries() -> None:
    lane = lane_with(1, maximum_retry_attempts=0)
    for attempt in range(50):
        invoking(lane, NOW + 60 * attempt)
        lane.invoked(NotInvoked(throttled=True), NOW + 60 * attempt)
        assert isinstance(lane.next_action(NOW + 60 * attempt), Wait)
    assert invoking(lane, NOW + 60 * 50).invoke_count == 0
    assert sequences(lane.invoked(Succeeded(), NOW)) == [1]


def test_a_partial_failure_settles_what_is_before_it_and_retries_it_and_all_after_it() -> None:
    lane = lane_with(4)
    invoking(lane)
    assert sequences(lane.invoked(PartlyFailed(first_failed=1), NOW)) == [1]
    assert sequences(invoking(lane, NOW + 1).records) == [2, 3, 4]


def test_a_partial_failure_starts_the_rest_afresh_after_a_wait() -> None:
    lane = lane_with(3, maximum_retry_attempts=1)
    invoking(lane)
    lane.invoked(PartlyFailed(first_failed=1), NOW)
    assert isinstance(lane.next_action(NOW), Wait)
    for attempt in (1, 2):
        assert sequences(invoking(lane, NOW + 60 * attempt).records) == [2, 3]
        lane.invoked(PartlyFailed(first_failed=0), NOW + 60 * attempt)
    action = discarding(lane, NOW + 120)
    assert sequences(action.batch.records) == [2, 3]
    assert action.batch.invoke_count == 2


def test_without_retries_what_was_not_reported_is_tried_once_more_after_a_partial_failure() -> None:
    lane = lane_with(3, maximum_retry_attempts=0)
    invoking(lane)
    lane.invoked(PartlyFailed(first_failed=1), NOW)
    invoking(lane, NOW + 60)
    assert sequences(lane.invoked(PartlyFailed(first_failed=1), NOW + 60)) == [2]
    invoking(lane, NOW + 120)
    assert sequences(lane.invoked(Succeeded(), NOW + 120)) == [3]


def test_bisect_splits_a_failed_batch_in_two_at_once_and_uses_up_no_retry() -> None:
    lane = lane_with(5, bisect_batch_on_function_error=True, maximum_retry_attempts=1)
    invoking(lane)
    lane.invoked(Failed(), NOW)
    assert sequences(invoking(lane).records) == [1, 2]
    lane.invoked(Failed(), NOW)
    assert sequences(invoking(lane).records) == [1]
    lane.invoked(Failed(), NOW)
    assert sequences(invoking(lane, NOW + 1).records) == [1]
    lane.invoked(Failed(), NOW + 1)
    action = discarding(lane, NOW + 1)
    assert sequences(action.batch.records) == [1]
    assert action.batch.invoke_count == 2
    lane.discarded()
    assert sequences(invoking(lane, NOW + 1).records) == [2]
    lane.invoked(Succeeded(), NOW + 1)
    assert sequences(invoking(lane, NOW + 1).records) == [3, 4, 5]


def test_bisect_with_a_partial_failure_cuts_at_the_reported_number() -> None:
    lane = lane_with(8, bisect_batch_on_function_error=True, maximum_retry_attempts=0)
    invoking(lane)
    assert sequences(lane.invoked(PartlyFailed(first_failed=5), NOW)) == [1, 2, 3, 4, 5]
    assert sequences(invoking(lane).records) == [6, 7, 8]


def test_bisect_halves_where_the_reported_number_is_the_first() -> None:
    lane = lane_with(4, bisect_batch_on_function_error=True, maximum_retry_attempts=0)
    invoking(lane)
    assert lane.invoked(PartlyFailed(first_failed=0), NOW) == ()
    assert sequences(invoking(lane).records) == [1, 2]


def test_a_record_that_is_too_old_is_given_up_before_its_first_invocation() -> None:
    lane = Lane(settings=settings(maximum_record_age_seconds=60))
    lane.offer([record(1, arrival=NOW - 61), record(2, arrival=NOW - 61), record(3, arrival=NOW - 60)], NOW)
    action = discarding(lane)
    assert (action.condition, sequences(action.batch.records)) == ("RecordAgeExceeded", [1, 2])
    assert action.batch.invoke_count == 0
    lane.discarded()
    assert sequences(invoking(lane).records) == [3]


def test_records_grow_too_old_between_retries() -> None:
    lane = Lane(settings=settings(maximum_record_age_seconds=60))
    lane.offer([record(1, arrival=NOW - 55), record(2, arrival=NOW)], NOW)
    invoking(lane)
    lane.invoked(Failed(), NOW, result=FAILURE)
    action = discarding(lane, NOW + 6)
    assert (action.condition, sequences(action.batch.records)) == ("RecordAgeExceeded", [1])
    assert action.batch.invoke_count == 1
    lane.discarded()
    assert sequences(invoking(lane, NOW + 6).records) == [2]


def test_an_old_record_behind_a_young_one_is_not_invoked_with_it() -> None:
    lane = Lane(settings=settings(maximum_record_age_seconds=60))
    lane.offer([record(1, arrival=NOW), record(2, arrival=NOW - 90), record(3, arrival=NOW)], NOW)
    assert sequences(invoking(lane).records) == [1]
    lane.invoked(Succeeded(), NOW)
    assert sequences(discarding(lane).batch.records) == [2]
    lane.discarded()
    assert sequences(invoking(lane).records) == [3]


def test_throttled_records_grow_too_old() -> None:
    lane = Lane(settings=settings(maximum_record_age_seconds=60))
    lane.offer(records(1), NOW)
    invoking(lane)
    lane.invoked(NotInvoked(throttled=True), NOW)
    assert discarding(lane, NOW + 61).condition == "RecordAgeExceeded"


def test_a_destination_that_fails_is_tried_again_and_the_records_are_kept() -> None:
    lane = lane_with(2, maximum_retry_attempts=0)
    invoking(lane)
    lane.invoked(Failed(), NOW)
    for attempt in range(20):
        assert sequences(discarding(lane, NOW + 60 * attempt).batch.records) == [1, 2]
        lane.discard_failed(NOW + 60 * attempt)
        assert isinstance(lane.next_action(NOW + 60 * attempt), Wait)
    assert lane.pending == 2
    discarding(lane, NOW + 60 * 20)
    assert sequences(lane.discarded()) == [1, 2]
    assert lane.pending == 0


def test_an_outcome_without_an_action_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(RuntimeError, match="nothing was under way"):
        lane_with(1).invoked(Succeeded(), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 0},
        {"batch_size": 10_001},
        {"batching_window_seconds": 301},
        {"maximum_retry_attempts": -2},
        {"parallelization_factor": 11},
        {"starting_position": "AT_TIMESTAMP"},
        {"event_source_arn": "arn:aws:sqs:us-east-1:123456789012:queue"},
    ],
)
def test_settings_that_aws_refuses_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="mapping 8f0d7c5e"):
        settings(**changes)
