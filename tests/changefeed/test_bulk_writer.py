"""Attempts: what is sent, sent again, read again and given up, and when."""

import gc
import json
from collections import deque
from typing import Any

import pytest

from changefeed.plan.document_action import DocumentAction
from changefeed.plan.fold import plan
from changefeed.write.bulk_writer import RESERVED_SECONDS, BulkWriter
from changefeed.write.write_result import Outcome, WriteResult
from tests.changefeed.consumer_rig import DECODERS, Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.fakes import NOW, FakeClock, FakeContext, Fault, bulk_actions, client_error

VERSION = int(NOW) * 1_000_000
LAST = VERSION + 999_999


def actions(*records: Any, feed: str = "dynamodb_stream") -> list[DocumentAction]:
    planned, rejections = plan([DECODERS[feed](record) for record in records])
    assert rejections == []
    return list(planned)


def run(rig: Rig, *records: Any, seconds: float = 60.0) -> list[WriteResult]:
    return rig.writer(actions(*records, feed=rig.feed), FakeContext(clock=rig.clock, seconds=seconds).seconds_left)


def outcomes(results: list[WriteResult]) -> dict[str, str]:
    return {result.action.document_id: result.outcome.value for result in results}


def sizes(rig: Rig) -> list[int]:
    return [len(bulk_actions(body)) for body in rig.index.requests]


def numbered(count: int) -> list[Any]:
    return [stream_record(item(f"k{number}"), number=number + 1) for number in range(count)]


def test_nothing_to_write_sends_nothing() -> None:
    rig = Rig()
    assert run(rig) == []
    assert rig.index.requests == []


def test_a_batch_leaves_no_cycle_of_objects_to_the_collector() -> None:
    rig = Rig()
    planned = actions(*numbered(50))
    gc.collect()
    assert len(rig.writer(planned, lambda: 60.0)) == 50
    assert gc.collect() == 0


def test_a_fresh_image_is_written_without_asking_the_table() -> None:
    rig = Rig()
    assert outcomes(run(rig, stream_record(item("a", n={"N": "1"})))) == {"a": "written"}
    assert rig.index.documents == {"a": (VERSION, {"id": "a", "n": "1"})}
    assert rig.table.reads == []


def test_delete_of_a_missing_document_counts_as_done_and_leaves_its_guard() -> None:
    rig = Rig()
    assert outcomes(run(rig, stream_record(item("a"), operation="REMOVE"))) == {"a": "written"}
    assert rig.index.guards["a"][0] == VERSION


def test_a_newer_version_in_the_index_supersedes() -> None:
    rig = Rig()
    rig.index.documents["a"] = (LAST + 1, {"newer": True})
    assert outcomes(run(rig, stream_record(item("a")))) == {"a": "superseded"}
    assert rig.index.sources() == {"a": {"newer": True}}


def test_a_second_change_in_one_second_is_settled_by_reading_the_item() -> None:
    rig = Rig()
    rig.table.put(item("a", n={"N": "2"}))
    run(rig, stream_record(item("a", n={"N": "1"})))
    assert outcomes(run(rig, stream_record(item("a", n={"N": "2"}), number=101))) == {"a": "written"}
    assert rig.index.documents == {"a": (VERSION + 1, {"id": "a", "n": "2"})}
    assert rig.clock.slept == []


def test_a_delete_in_one_second_with_its_insert_is_settled() -> None:
    rig = Rig()
    run(rig, stream_record(item("a")))
    assert outcomes(run(rig, stream_record(item("a"), operation="REMOVE"))) == {"a": "written"}
    assert rig.index.documents == {}
    assert rig.index.guards["a"][0] == VERSION + 1


def test_an_insert_in_one_second_with_its_delete_is_settled() -> None:
    rig = Rig()
    rig.table.put(item("a"))
    run(rig, stream_record(item("a"), operation="REMOVE"))
    assert outcomes(run(rig, stream_record(item("a"), number=101))) == {"a": "written"}
    assert list(rig.index.documents) == ["a"]


def test_a_change_between_the_reading_and_the_writing_of_a_tie_is_settled_too() -> None:
    rig = Rig()
    rig.table.put(item("a", n={"N": "2"}))
    run(rig, stream_record(item("a", n={"N": "1"})))

    def another_writer_is_quicker() -> None:
        rig.table.put(item("a", n={"N": "3"}))
        rig.index.documents["a"] = (VERSION + 1, {"id": "a", "n": "2"})

    rig.index.faults = deque([None, Fault(meanwhile=another_writer_is_quicker)])
    assert outcomes(run(rig, stream_record(item("a", n={"N": "2"})))) == {"a": "written"}
    assert rig.index.documents == {"a": (VERSION + 2, {"id": "a", "n": "3"})}


def test_a_request_that_timed_out_and_lands_later_reverts_nothing_in_its_second() -> None:
    rig = Rig()
    rig.table.put(item("a", n={"N": "2"}))
    rig.index.faults = deque([Fault(late=True)])
    assert outcomes(run(rig, stream_record(item("a", n={"N": "1"})))) == {"a": "written"}
    run(rig, stream_record(item("a", n={"N": "2"}), number=101))
    rig.index.land_late_requests()
    assert rig.index.documents["a"] == (VERSION + 1, {"id": "a", "n": "2"})


def test_a_conflict_in_unknown_words_waits_and_ends_with_its_seconds_last_version() -> None:
    rig = Rig(wrap_send=lambda send: lambda body, timeout: (
        (answer := send(body, timeout))[0], answer[1].replace(b"current version", b"something")
    ))  # fmt: skip
    rig.table.put(item("a", n={"N": "2"}))
    run(rig, stream_record(item("a", n={"N": "1"})))
    assert outcomes(run(rig, stream_record(item("a", n={"N": "2"})))) == {"a": "written"}
    assert rig.index.documents["a"] == (LAST, {"id": "a", "n": "2"})
    assert 6 <= sum(rig.clock.slept) < 15


@pytest.mark.parametrize("operation", ["MODIFY", "REMOVE"])
def test_an_old_record_is_not_replayed_but_its_item_read_and_written(operation: str) -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.table.put(item("a", n={"N": "2"}))
    run(rig, stream_record(item("a", n={"N": "1"}), operation=operation))
    assert rig.index.documents == {"a": (VERSION + 80_000_000, {"id": "a", "n": "2"})}


def test_an_old_insert_of_an_item_that_is_gone_deletes_with_the_time_of_the_reading() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    assert outcomes(run(rig, stream_record(item("a")))) == {"a": "written"}
    assert rig.index.documents == {}
    assert rig.index.guards["a"][0] == VERSION + 80_000_000


def test_an_old_kinesis_records_item_gets_the_time_of_the_reading() -> None:
    rig = Rig(feed="kinesis_stream", clock=FakeClock(now=NOW + 90))
    rig.table.put(item("a"))
    run(rig, kinesis_record(item("a"), microseconds=VERSION + 7))
    assert rig.index.documents["a"][0] == VERSION + 80_000_000


def test_a_record_of_the_future_is_not_trusted_either() -> None:
    rig = Rig(clock=FakeClock(now=NOW - 3_600))
    rig.table.put(item("a", n={"N": "2"}))
    run(rig, stream_record(item("a", n={"N": "1"})))
    assert rig.index.documents["a"] == (VERSION, {"id": "a", "n": "2"})


def test_with_a_trust_of_zero_the_item_is_always_read() -> None:
    rig = Rig(trust_seconds=0)
    rig.table.put(item("a", n={"N": "2"}))
    run(rig, stream_record(item("a", n={"N": "1"})))
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


def test_an_image_that_is_missing_is_read() -> None:
    rig = Rig()
    rig.table.put(item("a", n={"N": "2"}))
    record = stream_record(item("a"))
    del record["dynamodb"]["NewImage"]
    run(rig, record)
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


def test_trust_is_looked_at_again_before_every_attempt() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 20))
    rig.table.put(item("a", n={"N": "2"}))
    rig.index.faults = deque([Fault(status=503)] * 12)
    run(rig, stream_record(item("a", n={"N": "1"})))
    assert rig.clock.now > NOW + 30
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


def test_trust_is_looked_at_again_before_every_chunk_of_an_attempt() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 20), max_bulk_actions=1)
    rig.index.seconds_a_request = 11.0
    for key in ("k0", "k1"):
        rig.table.put(item(key, n={"N": "2"}))
    run(rig, *numbered(2))
    assert rig.index.sources() == {"k0": {"id": "k0"}, "k1": {"id": "k1", "n": "2"}}


def test_a_read_that_fails_is_a_retry_and_no_guess() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.table.put(item("a", n={"N": "2"}))
    rig.table.failures = deque([client_error("ProvisionedThroughputExceededException"), None])
    assert outcomes(run(rig, stream_record(item("a", n={"N": "1"})))) == {"a": "written"}
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}
    assert len(rig.clock.slept) == 1


def test_a_table_that_can_not_be_read_holds_up_old_records_only() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.table.failures = deque([client_error("InternalServerError")] * 100)
    fresh = stream_record(item("fresh"), seconds=NOW + 89, number=2)
    results = run(rig, stream_record(item("old"), number=1), fresh, seconds=10)
    assert outcomes(results) == {"fresh": "written", "old": "retryable"}
    assert {result.reason for result in results} == {None, "ItemReadError"}


def test_a_key_that_the_table_refuses_is_rejected_and_its_neighbours_are_read() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.table.put(item("a"))
    strange = stream_record({"id": {"N": "5"}}, number=2)
    assert outcomes(run(rig, stream_record(item("a")), strange)) == {"a": "written", "%N5": "rejected"}


def test_what_the_mapping_refuses_is_written_unindexed_under_the_same_version() -> None:
    rig = Rig()
    image = item("a", n={"N": "1.50"}, odd={"M": {"x": {"N": "1E3"}}}, tags={"L": [{"S": "t"}, {"S": "u"}]})
    (result,) = run(rig, stream_record(image))
    assert (result.outcome, result.unindexed) == (Outcome.WRITTEN, True)
    whole = {"id": "a", "n": "1.50", "odd": {"x": "1E3"}, "tags": ["t", "u"]}
    assert rig.index.sources() == {"a": whole}
    version, document = rig.index.documents["a"]
    assert version == VERSION
    assert document == {
        "id": "a", "n": "1.50", "tags": ["t", "u"], "%unindexed": {"odd": {"x": "1E3"}}, "%unindexed_attributes": "1",
    }  # fmt: skip
    assert rig.table.reads == []


def test_where_no_map_or_list_is_to_blame_all_but_the_key_is_unindexed() -> None:
    rig = Rig()
    run(rig, stream_record(item("a", odd={"S": "x"}, plain={"S": "y"}, map={"M": {}})))
    assert rig.index.documents["a"][1] == {
        "id": "a", "%unindexed": {"odd": "x", "plain": "y", "map": {}}, "%unindexed_attributes": "3",
    }  # fmt: skip


def test_slow_refusals_of_items_that_were_read_end_all_the_same() -> None:
    """Each round takes longer than a read state may be sent: the form that was reached is kept."""
    rig = Rig(clock=FakeClock(now=NOW + 90), max_bulk_actions=1)
    rig.index.seconds_a_request = 12.0
    images = [item(f"k{number}", odd={"M": {}}) for number in range(6)]
    for image in images:
        rig.table.put(image)
    records = [stream_record(image, number=number) for number, image in enumerate(images)]
    while records:
        reported = rig.invoke(records, seconds=120)
        records = [one for one in records if reported and int(one["dynamodb"]["SequenceNumber"]) >= int(reported[0])]
        assert rig.clock.now < NOW + 2_000, "headway"
    assert len(rig.index.documents) == 6


def test_a_refused_document_that_is_stale_conflicts_in_its_next_form() -> None:
    rig = Rig()
    rig.index.documents["a"] = (LAST + 1, {"newer": True})
    assert outcomes(run(rig, stream_record(item("a", odd={"M": {}})))) == {"a": "superseded"}
    assert rig.table.reads == []


def test_a_poisonous_image_is_looked_at_again_before_it_is_rejected() -> None:
    rig = Rig()
    rig.table.put(item("a", fine={"S": "x"}))
    assert outcomes(run(rig, stream_record(item("a", poison={"S": "x"})))) == {"a": "written"}
    assert rig.index.sources() == {"a": {"id": "a", "fine": "x"}}


def test_a_stale_and_poisonous_record_is_superseded_not_rejected() -> None:
    rig = Rig()
    rig.index.documents["a"] = (LAST + 1, {"newer": True})
    assert outcomes(run(rig, stream_record(item("a", poison={"S": "x"})))) == {"a": "superseded"}


def test_an_item_that_is_poisonous_in_the_table_too_is_rejected_with_its_type_only() -> None:
    rig = Rig()
    rig.table.put(item("a", poison={"S": "secret"}))
    (result,) = run(rig, stream_record(item("a", poison={"S": "secret"})))
    assert (result.outcome, result.reason) == (Outcome.REJECTED, "mapper_parsing_exception")
    assert len(rig.index.requests) == 4  # three forms of the image, and the item


def test_an_item_that_can_not_be_a_document_is_rejected_when_read() -> None:
    rig = Rig(clock=FakeClock(now=NOW + 90))
    rig.table.put(item("a", x={"N": "NaN"}))
    (result,) = run(rig, stream_record(item("a")))
    assert (result.outcome, result.reason) == (Outcome.REJECTED, "bad_attribute_value")


@pytest.mark.parametrize("fault", [Fault(status=429), Fault(status=503), Fault(lost=True), Fault(unanswered=True)])
def test_what_may_pass_is_sent_again(fault: Fault) -> None:
    rig = Rig()
    rig.table.put(item("a"))
    rig.index.faults = deque([fault, fault])
    assert outcomes(run(rig, stream_record(item("a")))) == {"a": "written"}
    assert list(rig.index.documents) == ["a"]


def test_only_the_items_that_failed_are_sent_again() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=429, ids=frozenset({"k1"}))])
    assert set(outcomes(run(rig, *numbered(3))).values()) == {"written"}
    assert sizes(rig) == [3, 1]


def test_backoff_doubles_with_jitter_up_to_five_seconds_and_ends_with_the_time() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=503)] * 1_000)
    (result,) = run(rig, stream_record(item("a")), seconds=20)
    assert (result.outcome, result.reason) == (Outcome.RETRYABLE, "rejected_execution_exception_503")
    assert rig.clock.slept[:6] == pytest.approx([0.075, 0.15, 0.3, 0.6, 1.2, 2.4])
    assert max(rig.clock.slept) == pytest.approx(3.75)
    assert rig.clock.now <= NOW + 20 - RESERVED_SECONDS + 0.01


def test_a_request_waits_no_longer_than_the_invocation_lasts() -> None:
    rig = Rig()
    run(rig, stream_record(item("a")), seconds=10)
    run(rig, stream_record(item("b")), seconds=900)
    assert rig.index.timeouts == [pytest.approx(9, abs=0.1), 20.0]


def test_out_of_time_nothing_is_sent_and_all_is_reported() -> None:
    rig = Rig()
    assert set(outcomes(run(rig, *numbered(2), seconds=1)).values()) == {"retryable"}
    assert rig.index.requests == []


def test_time_is_looked_at_before_every_chunk() -> None:
    rig = Rig(max_bulk_actions=1)
    rig.index.seconds_a_request = 3.0
    results = run(rig, *numbered(9), seconds=12)
    assert sorted(outcomes(results).values()) == ["retryable"] * 5 + ["written"] * 4


def test_after_a_dead_chunk_the_others_wait_with_it() -> None:
    rig = Rig(max_bulk_actions=2)
    rig.index.faults = deque([None, Fault(status=503), Fault(meanwhile=lambda: waited.extend(rig.clock.slept))])
    waited: list[float] = []
    assert set(outcomes(run(rig, *numbered(10))).values()) == {"written"}
    assert sizes(rig) == [2, 2, 2, 2, 2, 2]
    assert len(waited) == len(rig.clock.slept) == 1


def test_a_request_that_is_refused_whole_is_halved_until_the_bad_line_stands_alone() -> None:
    rig = Rig(wrap_send=lambda send: lambda body, timeout: (
        (400, b'{"error":{"type":"x"}}') if b'"_id":"k5"' in body else send(body, timeout)
    ))  # fmt: skip
    written = {f"k{number}": "written" for number in range(8)}
    assert outcomes(run(rig, *numbered(8))) == written | {"k5": "rejected"}


def test_a_body_that_is_too_large_is_halved() -> None:
    rig = Rig()
    rig.index.largest_request_bytes = 300
    assert set(outcomes(run(rig, *numbered(8))).values()) == {"written"}
    assert sizes(rig)[0] == 8


def test_a_closed_index_that_refuses_the_whole_request_is_not_halved() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=400, error_type="index_closed_exception")])
    run(rig, *numbered(8))
    assert sizes(rig) == [8, 8]


def test_an_answer_with_other_items_than_asked_for_is_no_success() -> None:
    answers = deque([json.dumps({"took": 1, "errors": True, "items": []}).encode()])
    rig = Rig(wrap_send=lambda send: lambda body, timeout: (
        (200, answers.popleft()) if answers else send(body, timeout)
    ))  # fmt: skip
    assert outcomes(run(rig, stream_record(item("a")))) == {"a": "written"}
    assert len(rig.index.requests) == 1


def test_chunks_hold_at_most_a_thousand_actions_and_five_mebibytes() -> None:
    assert (BulkWriter.max_bulk_actions, BulkWriter.max_bulk_bytes) == (1_000, 5 * 1024 * 1024)
    rig = Rig()
    run(rig, *(stream_record(item(f"k{n}", x={"S": "x" * 400_000}), number=n + 1) for n in range(20)))
    assert sizes(rig) == [13, 7]
    assert all(len(body) <= 5 * 1024 * 1024 for body in rig.index.requests)
