"""A whole batch: who is parked, what is reported, and what is blamed on the index."""

import json
from collections import deque
from typing import Any

import pytest

from changefeed.errors import ParkingError, SuspectedEnvironmentError
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, kinesis_record, recorded, stream_record
from tests.fakes import NOW, FakeClock, FakeContext, FakeQueue, Fault, client_error

QUEUE_IS_DOWN = client_error("ServiceUnavailable", "SendMessage")


def poison(key: str, number: int) -> dict[str, Any]:
    return stream_record(item(key, x={"N": "NaN"}), number=number)


def good(key: str, number: int) -> dict[str, Any]:
    return stream_record(item(key), number=number)


def test_a_batch_that_went_well_reports_nothing() -> None:
    rig = Rig()
    assert rig.invoke([good("a", 1), good("b", 2)]) == []
    assert sorted(rig.index.documents) == ["a", "b"]
    assert rig.queue.messages == []


def test_an_empty_batch_is_no_error() -> None:
    assert Rig().invoke([]) == []


@pytest.mark.parametrize("event", [{}, {"Records": None}, {"Records": {}}, {"detail": {}}])
def test_an_event_without_records_says_who_should_invoke(event: dict[str, Any]) -> None:
    rig = Rig()
    with pytest.raises(SuspectedEnvironmentError, match="event source mapping"):
        rig.pipeline(event, FakeContext(clock=rig.clock))


def test_a_poisonous_record_is_parked_and_its_neighbours_are_written() -> None:
    rig = Rig()
    assert rig.invoke([good("a", 1), poison("p", 2), good("b", 3)]) == []
    assert sorted(rig.index.documents) == ["a", "b"]
    assert rig.queue.sequence_numbers() == ["2"]


def test_what_the_index_refuses_is_parked_with_its_error_type() -> None:
    rig = Rig()
    rig.table.put(item("p", poison={"S": "x"}))
    assert rig.invoke([stream_record(item("p", poison={"S": "x"}))]) == []
    (message,) = rig.queue.messages
    assert message["reason"]["code"] == "mapper_parsing_exception"
    assert (message["keys"], message["version"]) == ({"id": {"S": "p"}}, 1_767_323_045_000_000)


def test_the_lowest_failure_is_reported_as_an_integer() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=429, ids=frozenset({"nine", "ten"}))] * 1_000)
    assert rig.invoke([good("one", 1), good("nine", 9), good("ten", 10)], seconds=5) == ["9"]


def test_a_failed_fold_reports_the_first_of_its_records() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=503)] * 1_000)
    assert rig.invoke([good("a", 9), good("a", 10)], seconds=5) == ["9"]


def test_only_what_lies_before_the_checkpoint_is_parked() -> None:
    rig = Rig()
    rig.index.faults = deque([Fault(status=429, ids=frozenset({"a"}))] * 1_000)
    assert rig.invoke([poison("p", 9), good("a", 10), poison("q", 11), good("b", 12)], seconds=5) == ["10"]
    assert rig.queue.sequence_numbers() == ["9"]


def test_a_record_that_can_not_be_parked_becomes_the_checkpoint() -> None:
    rig = Rig(queue=FakeQueue(failures=deque([None, QUEUE_IS_DOWN])))
    assert rig.invoke([good("a", 1), poison("p", 2), poison("q", 10), poison("r", 11), good("b", 12)]) == ["10"]
    assert rig.queue.sequence_numbers() == ["2"]


def test_a_record_that_can_be_neither_parked_nor_reported_brings_the_batch_again() -> None:
    rig = Rig(queue=FakeQueue(failures=deque([QUEUE_IS_DOWN])))
    with pytest.raises(ParkingError):
        rig.invoke(["no record", good("a", 1)])


def test_parking_ends_with_the_invocations_time_and_reports_the_rest() -> None:
    class SlowQueue(FakeQueue):
        def send_message(self, **arguments: Any) -> dict[str, Any]:
            rig.clock.now += 0.6
            return super().send_message(**arguments)

    rig = Rig(queue=SlowQueue())
    batch = [poison(f"p{number}", number) for number in range(1, 5)] + [good(f"a{n}", 10 + n) for n in range(6)]
    assert rig.invoke(batch, seconds=2.1) == ["4"]
    assert rig.queue.sequence_numbers() == ["1", "2", "3"]


def test_a_parked_folded_record_is_parked_once() -> None:
    rig = Rig()
    assert rig.invoke([good("p", 1), poison("p", 2)]) == []
    assert rig.queue.sequence_numbers() == ["2"]


def test_a_batch_rejected_by_more_than_half_is_blamed_on_the_index_and_parks_nothing() -> None:
    rig = Rig()
    rig.index.is_poison = lambda document: document["id"] > "k2"
    batch = [good(f"k{number}", number) for number in range(9)]
    for record in batch:
        rig.table.put(record["dynamodb"]["NewImage"])
    with pytest.raises(SuspectedEnvironmentError, match=r"6 of 9 .*mapper_parsing_exception"):
        rig.invoke(batch)
    assert rig.queue.messages == []


def test_a_batch_rejected_by_half_is_parked() -> None:
    rig = Rig()
    assert rig.invoke([poison(f"p{n}", n) for n in range(1, 7)] + [good(f"a{n}", 10 + n) for n in range(6)]) == []
    assert len(rig.queue.messages) == 6


def test_few_rejections_are_judged_one_by_one() -> None:
    rig = Rig()
    assert rig.invoke([poison(f"p{number}", number) for number in range(1, 5)]) == []
    assert len(rig.queue.messages) == 4


def foreign(number: int) -> dict[str, Any]:
    return kinesis_record(item("secret-key", x={"S": "secret"}), number=number, table="other")


@pytest.mark.parametrize(("others", "lead"), [(1, None), (4, None), (9, None), (2_000, None), (2_000, 1_000)])
def test_changes_of_another_table_on_a_shared_stream_are_skipped_and_counted(
    others: int, lead: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = Rig(feed="kinesis_stream", lead=lead)
    batch = [foreign(number) for number in range(others)]
    poisonous = [kinesis_record(item(f"p{n}", x={"N": "NaN"}), number=5_000 + n) for n in range(2)]
    assert rig.invoke([*batch, *poisonous, kinesis_record(item("a"), number=9_000)]) == []
    assert list(rig.index.documents) == ["a"]
    assert rig.queue.sequence_numbers() == ["5000", "5001"]
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    skipped = [line for line in lines if line["message"] == "records skipped"]
    assert sum(line["records"] for line in skipped) == others
    assert {(line["level"], line["reason"]) for line in skipped} == {("WARNING", "other_table")}
    assert "secret" not in output


def test_a_batch_of_other_tables_changes_alone_is_settled_without_a_request() -> None:
    rig = Rig(feed="kinesis_stream")
    assert rig.invoke([foreign(number) for number in range(1, 11)]) == []
    assert (rig.index.requests, rig.queue.messages) == ([], [])


def test_another_tables_changes_do_not_hide_an_index_at_fault() -> None:
    rig = Rig(feed="kinesis_stream")
    rig.index.is_poison = lambda _: True
    batch = [kinesis_record(item(f"k{number}"), number=number) for number in range(5)]
    for number in range(5):
        rig.table.put(item(f"k{number}"))
    with pytest.raises(SuspectedEnvironmentError, match="mapper_parsing_exception"):
        rig.invoke([*batch, *(foreign(10 + number) for number in range(100))])
    assert rig.queue.messages == []


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (400, "index_closed_exception"), (404, "index_not_found_exception"), (403, "cluster_block_exception"),
        (429, "cluster_block_exception"), (403, "security_exception"), (401, "x"), (500, "x"), (503, "x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("per_item", [False, True])
def test_an_environments_error_parks_nothing_and_reports_all(status: int, error_type: str, per_item: bool) -> None:
    rig = Rig()
    ids = frozenset({"a", "b"}) if per_item else frozenset()
    rig.index.faults = deque([Fault(status=status, error_type=error_type, ids=ids)] * 1_000)
    assert rig.invoke([good("a", 1), good("b", 2)], seconds=5) == ["1"]
    assert rig.queue.messages == []


def test_two_changes_in_one_second_by_one_batch_or_two_end_the_same() -> None:
    for batches in ([[1, 2]], [[1], [2]]):
        rig = Rig()
        rig.table.put(item("a", n={"N": "2"}))
        for batch in batches:
            rig.invoke([stream_record(item("a", n={"N": str(number)}), number=number) for number in batch])
        assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


def test_a_batch_handed_over_again_changes_nothing() -> None:
    rig = Rig()
    batch = [stream_record(item("a", n={"N": str(number)}), number=number) for number in (1, 2, 3)]
    rig.table.put(item("a", n={"N": "3"}))
    for _ in range(3):
        rig.invoke(batch)
        assert rig.index.sources() == {"a": {"id": "a", "n": "3"}}


def test_kinesis_records_out_of_order_end_with_the_newest() -> None:
    rig = Rig(feed="kinesis_stream")
    newest, oldest = (
        kinesis_record(item("a", n={"N": str(n)}), microseconds=1_767_323_045_000_000 + n) for n in (2, 1)
    )
    rig.invoke([newest])
    rig.invoke([oldest])
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
def test_a_late_duplicate_resurrects_nothing_after_the_index_forgot_the_delete(feed: str) -> None:
    rig = Rig(feed=feed)
    insert, remove = (recorded(f"{feed}_{name}")["Records"] for name in ("insert", "remove"))
    rig.invoke(insert)
    rig.clock.now += 2
    rig.invoke(remove)
    rig.clock.now += 3_600
    assert rig.invoke(insert) == []
    assert rig.index.documents == {}


def test_nothing_of_an_item_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    queue = FakeQueue(failures=deque([None, None, QUEUE_IS_DOWN]))
    rig = Rig(queue=queue)
    rig.table.put(item("secret-key", poison={"S": "secret-value"}))
    rig.index.faults = deque([Fault(status=429, ids=frozenset({"secret-good"}))])
    malformed = {"dynamodb": {"SequenceNumber": "3", "Keys": {"secret": {"BOOL": True}}}}
    bad = stream_record(item("secret-bad", x={"N": "secret-number"}), number=2)
    batch = [stream_record(item("secret-key", poison={"S": "secret-value"}), number=1), bad, malformed]
    assert rig.invoke([*batch, good("secret-good", 4)]) == ["3"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "secret" not in json.dumps(lines)
    assert [line["message"] for line in lines] == ["record parked", "record parked", "parking failed", "batch settled"]


def test_a_batch_leaves_one_line_with_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    rig = Rig(clock=FakeClock())
    rig.index.documents["old"] = (int((NOW + 2) * 1_000_000), {})
    rig.invoke([good("a", 1), good("a", 2), good("old", 3)])
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = {"records": 3, "documents": 2, "parked": 0, "written": 1, "superseded": 1, "retry_from": None}
    assert line.items() >= expected.items()


@pytest.mark.parametrize("version", [int((NOW + 3_600) * 1_000_000), 2**63 - 2])
@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
def test_a_document_of_the_future_follows_its_item_all_the_same(
    feed: str, version: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = Rig(feed=feed)
    make = stream_record if feed == "dynamodb_stream" else kinesis_record
    rig.index.documents["a"] = (version, {"id": "wrong"})
    rig.table.put(item("a", n={"S": "now"}))
    assert rig.invoke([make(item("a", n={"S": "then"}), number=1)]) == []
    assert rig.index.sources() == {"a": {"id": "a", "n": "now"}}
    metric, settled = capsys.readouterr().out.splitlines()
    assert json.loads(metric)["FutureVersions"] == json.loads(settled)["versions_in_the_future"] == 1
    if version < 2**63 - 2:  # and an old record of the item
        rig.clock.now += 100
        rig.table.delete(item("a"))
        assert rig.invoke([make(item("a"), number=2, operation="REMOVE")]) == []
        assert rig.index.sources() == {}
    assert rig.queue.messages == []


@pytest.mark.parametrize("feed", ["dynamodb_stream", "kinesis_stream"])
def test_documents_that_are_not_wholly_searchable_are_counted(feed: str, capsys: pytest.CaptureFixture[str]) -> None:
    rig = Rig(feed=feed)
    make = stream_record if feed == "dynamodb_stream" else kinesis_record
    odd = [make(item(f"k{number}", odd={"M": {}}), number=number) for number in (1, 2)]
    assert rig.invoke([*odd, make(item("tame"), number=3)]) == []
    assert rig.queue.messages == []
    metric, settled = capsys.readouterr().out.splitlines()
    assert json.loads(metric)["UnindexedDocuments"] == json.loads(settled)["unindexed"] == 2
