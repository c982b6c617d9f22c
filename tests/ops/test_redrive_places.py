"""Every place where a record can wait, every way it can end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.redrive.letter import End, Place
from ops.redrive.letter_reader import LetterReader
from ops.redrive.report import Report
from tests.changefeed.records import TABLE, item, kinesis_record
from tests.fakes import NOW, Fault
from tests.ops.redrive_rig import FEEDS, STREAM_ARN, RedriveRig, sequence_text

FORGOTTEN_SECONDS = 4_000
PUT: dict[str, Callable[[RedriveRig, int], Any]] = {
    "parked": lambda rig, number: rig.park(number),
    "parked without its record": lambda rig, number: rig.park(number, large=True),
    "failure message": lambda rig, number: rig.fail(number, number),
    "failure object": lambda rig, number: rig.store([number]),
}


@pytest.fixture(params=FEEDS)
def rig(request: pytest.FixtureRequest) -> RedriveRig:
    return RedriveRig(feed=request.param)


def ends(report: Report) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (_, _, end), count in report.letters.items():
        counts[end] = counts.get(end, 0) + count
    return counts


def is_empty(rig: RedriveRig) -> bool:
    return not rig.sqs.messages and not rig.s3.objects


@pytest.mark.parametrize("place", PUT)
def test_a_record_that_never_reached_the_index_is_written_and_its_letter_deleted(rig: RedriveRig, place: str) -> None:
    PUT[place](rig, rig.change("a", n={"N": "1"}))
    report = rig.run()
    assert rig.index.sources() == {"a": {"id": "a", "n": "1"}}
    assert (report.records["written"], ends(report), is_empty(rig)) == (1, {End.SETTLED: 1}, True)
    assert report.is_clean


@pytest.mark.parametrize(("feed", "span"), [("dynamodb_stream", 1_000_000), ("kinesis_stream", 1)])
@pytest.mark.parametrize("large", [False, True])
def test_one_reader_knows_the_feed_by_the_record_and_the_clock_without_one(feed: str, span: int, large: bool) -> None:
    rig = RedriveRig(feed=feed)
    name = rig.park(rig.change("a"), large=large)
    letter = LetterReader(table_name=TABLE)(name, rig.sqs.messages[name].body)
    assert letter is not None
    (change,) = letter.changes
    assert change.version_span == span
    assert (change.keys, change.image) == ({"id": {"S": "a"}}, None)


@pytest.mark.parametrize(("told", "span"), [("told", 1_000), ("not told", 1_000_000), (0, 1_000_000), ("1", 1_000_000)])
def test_a_change_of_the_same_millisecond_that_was_too_large_to_park_is_not_taken_for_superseded(
    told: object, span: int
) -> None:
    rig, first = RedriveRig(feed="kinesis_stream"), int(NOW * 1_000_000)
    rig.index.documents["a"] = (first, {"id": "a", "n": "1"})
    rig.stream.records.append(kinesis_record(item("a", n={"N": "2"}), microseconds=first, precision="MILLISECOND"))
    rig.table.put(item("a", n={"N": "2"}))
    message = rig.sqs.messages[rig.park(1, large=True)]
    if told != "told":
        letter = json.loads(message.body)
        del letter["version_span"]  # as before it was told
        message.body = json.dumps(letter | ({} if told == "not told" else {"version_span": told}))
    read = LetterReader(table_name=TABLE)("a", message.body)
    assert read is not None
    assert [change.version_span for change in read.changes] == [span]
    assert rig.run().is_clean
    assert (rig.index.sources(), is_empty(rig)) == ({"a": {"id": "a", "n": "2"}}, True)


@pytest.mark.parametrize("place", PUT)
def test_the_items_present_state_is_written_and_never_the_image(rig: RedriveRig, place: str) -> None:
    PUT[place](rig, rig.change("a", n={"N": "1"}))
    rig.table.put(item("a", n={"N": "2"}))  # not even by a change that is in the stream
    rig.run()
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


@pytest.mark.parametrize("place", ["parked", "failure object"])
def test_a_record_of_another_tables_stream_deletes_nothing_and_keeps_its_letter(place: str) -> None:
    rig = RedriveRig()
    number = rig.change("a")
    rig.table.delete(item("a"))  # as if it had never been this table's
    rig.index.documents["a"] = (1, {"id": "a"})
    foreign = STREAM_ARN.replace(TABLE, "other")
    if place == "parked":  # by a version that didn't look at the stream's name
        message = rig.sqs.messages[rig.park(number)]
        body = json.loads(message.body)
        body["record"]["eventSourceARN"] = foreign
        message.body = json.dumps(body)
    else:
        rig.record(number)["eventSourceARN"] = foreign
        PUT[place](rig, number)
    report = rig.run()
    assert (ends(report), is_empty(rig)) == ({End.FAILING: 1}, False)
    assert {new for _, _, new in report.still_failing} == {"other_table"}
    assert list(rig.index.documents) == ["a"]


@pytest.mark.parametrize("place", ["failure message", "failure object", "parked"])
def test_changes_of_another_table_on_a_shared_stream_leave_nothing_to_do(place: str) -> None:
    rig = RedriveRig(feed="kinesis_stream")
    rig.change("a")
    rig.stream.records.append(kinesis_record(item("b"), number=2, table="other"))
    rig.record(2)["kinesis"]["sequenceNumber"] = sequence_text(2, is_kinesis=True)
    if place == "parked":  # by a version that parked them
        parked = {"kind": "parked_record", "reason": {"code": "other_table"}, "keys": None, "record": rig.record(2)}
        rig.sqs.send(json.dumps(parked))
        rig.park(1)
    elif place == "failure message":
        rig.fail(1, 2)
    else:
        rig.store([1, 2])
    report = rig.run()
    assert report.is_clean
    assert (rig.index.sources(), is_empty(rig)) == ({"a": {"id": "a"}}, True)


@pytest.mark.parametrize("place", PUT)
@pytest.mark.parametrize("seconds", [0, FORGOTTEN_SECONDS])
def test_an_item_that_was_deleted_since_stays_deleted(rig: RedriveRig, place: str, seconds: float) -> None:
    number = rig.change("a", n={"N": "1"})
    PUT[place](rig, number)
    rig.change("a", delete=True)  # whose own record is lost to the index, guard and all
    rig.clock.now += seconds
    report = rig.run()
    assert (rig.index.sources(), is_empty(rig)) == ({}, True)
    assert report.is_clean


@pytest.mark.parametrize("place", PUT)
def test_a_removal_is_not_replayed_either(rig: RedriveRig, place: str) -> None:
    rig.change("a", n={"N": "1"})
    PUT[place](rig, rig.change("a", delete=True))
    rig.table.put(item("a", n={"N": "2"}))
    assert rig.run().is_clean
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


@pytest.mark.parametrize("place", PUT)
def test_a_record_whose_newer_state_is_there_is_superseded(rig: RedriveRig, place: str) -> None:
    PUT[place](rig, rig.change("a", n={"N": "1"}))
    rig.clock.now += 100  # a newer version, and none of the future
    rig.index.documents["a"] = (round(rig.clock.now * 1_000_000), {"id": "a", "n": "9"})
    report = rig.run()
    assert rig.index.sources() == {"a": {"id": "a", "n": "9"}}
    assert (report.records["superseded"], report.records["written"], is_empty(rig)) == (1, 0, True)


@pytest.mark.parametrize("place", PUT)
def test_poison_that_is_still_poison_is_kept_with_its_new_reason(rig: RedriveRig, place: str) -> None:
    PUT[place](rig, rig.change("a", poison={"S": "x"}))
    for _ in range(2):
        report = rig.run()
        assert ends(report) == {End.FAILING: 1}
        assert [new for _, _, new in report.still_failing] == ["mapper_parsing_exception"]
        assert not is_empty(rig)
        assert rig.sqs.visible == list(rig.sqs.messages), "what is kept is given back at once"
        assert not report.is_clean
    rig.change("a", mended={"S": "x"})
    assert rig.run().is_clean
    assert (rig.index.sources(), is_empty(rig)) == (rig.documents(), True)


def test_a_batch_with_one_poison_settles_its_others_and_stays(rig: RedriveRig) -> None:
    numbers = [rig.change(key, n={"N": "1"}) for key in "abcdefg"]
    rig.table.put(item("c", poison={"S": "x"}))
    rig.fail(numbers[0], numbers[-1])
    rig.store(numbers)
    report = rig.run()
    assert sorted(rig.index.sources()) == list("abdefg")
    assert (ends(report), len(rig.sqs.messages), len(rig.s3.objects)) == ({End.FAILING: 2}, 1, 1)
    rig.change("c", n={"N": "2"})
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()


def test_only_the_range_of_a_message_is_read(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{number}") for number in range(30)]
    rig.fail(numbers[5], numbers[13])
    report = rig.run()
    assert sorted(rig.index.sources()) == sorted(f"k{number}" for number in range(5, 14))
    assert report.records["written"] == 9


def test_ranges_of_a_shard_are_read_together_whatever_their_order(rig: RedriveRig) -> None:
    rig.stream.page = 100
    numbers = [rig.change(f"k{number}") for number in range(90)]
    for first, last in ((70, 72), (0, 5), (3, 8), (40, 40), (40, 44)):
        rig.fail(numbers[first], numbers[last])
    report = rig.run()
    assert report.is_clean
    assert len(rig.index.sources()) == 3 + 9 + 5
    assert rig.stream.reads == 1


def test_a_large_range_is_settled_in_pieces(rig: RedriveRig) -> None:
    rig.stream.page = 700
    numbers = [rig.change(f"k{number}") for number in range(1_500)]
    rig.fail(numbers[0], numbers[-1])
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()
    assert len(rig.index.requests) == 3


def test_records_of_one_item_are_folded_to_one_write(rig: RedriveRig) -> None:
    numbers = [rig.change("a", n={"N": str(n)}) for n in range(5)]
    for number in numbers:
        rig.park(number)
    report = rig.run()
    assert rig.index.sources() == {"a": {"id": "a", "n": "4"}}
    assert (report.records["written"], len(rig.table.reads), is_empty(rig)) == (5, 1, True)


def test_a_record_that_could_not_be_decoded_is_kept_until_it_can_be(rig: RedriveRig) -> None:
    message = {
        "kind": "parked_record",
        "reason": {"code": "bad_json", "message": "Said."},
        "index": "i",
        "keys": None,
        "operation": None,
        "version": None,
        "sequence_number": "1",
        "record": {"kinesis": {"sequenceNumber": "1", "data": "!"}, "dynamodb": {"SequenceNumber": "1"}},
    }
    rig.sqs.send(json.dumps(message))
    report = rig.run()
    assert (ends(report), len(rig.sqs.messages)) == ({End.FAILING: 1}, 1)
    # Told by a later version of the consumer, its keys are enough.
    rig.change("a")
    doctored = message | {"keys": {"id": {"S": "a"}}, "version": round(rig.clock.now * 1_000_000)}
    rig.sqs.messages.clear()
    rig.sqs.send(json.dumps(doctored))
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        "7",
        '{"kind": "other"}',
        '{"Records": []}',
        '{"requestContext": {}, "DDBStreamBatchInfo": {"shardId": 1}}',
        '{"DDBStreamBatchInfo": {}}',
        '{"requestContext": {}, "DDBStreamBatchInfo": {"streamArn": "a", "shardId": "s",'
        ' "startSequenceNumber": "2", "endSequenceNumber": "1"}}',
        "[" * 100_000,
    ],
)
def test_what_is_neither_shape_is_left_alone_and_counted(rig: RedriveRig, body: str) -> None:
    rig.sqs.send(body)
    rig.s3.objects["aws/lambda/x"] = body.encode()
    rig.s3.objects["elsewhere"] = json.dumps(rig.failure(1, 1, "x") | {"payload": "{}"}).encode()
    rig.park(rig.change("a"))
    report = rig.run(drop_expired=True)
    assert (report.foreign, report.is_clean, len(rig.s3.objects)) == (2, False, 2)
    assert [message.body for message in rig.sqs.messages.values()] == [body]
    assert rig.sqs.visible == list(rig.sqs.messages)


@pytest.mark.parametrize(
    ("body", "now"),
    [
        ({}, "no_keys"),
        ({"reason": "odd", "keys": 7, "version": True, "record": 7}, "no_version"),
        ({"record": None, "keys": {"id": {"S": "a"}}, "version": 5}, "bad_time"),
        ({"record": None, "keys": {"id": {"BOOL": True}}, "version": 1_767_323_045_000_000}, "bad_key"),
        ({"record": None, "keys": {"other": {"S": "a"}}, "version": 1_767_323_045_000_000}, "key_refused"),
    ],
)
def test_a_parked_message_that_tells_too_little_is_kept(rig: RedriveRig, body: dict[str, Any], now: str) -> None:
    rig.sqs.send(json.dumps({"kind": "parked_record"} | body))
    report = rig.run()
    assert now in {new for _, _, new in report.still_failing}
    assert (ends(report), len(rig.sqs.messages), rig.index.sources()) == ({End.FAILING: 1}, 1, {})


@pytest.mark.parametrize("payload", ["not JSON", "[]", '{"Records": 7}', '{"Records": [7, null, {}]}'])
def test_an_object_with_an_odd_payload_is_kept(rig: RedriveRig, payload: str) -> None:
    rig.s3.objects["aws/lambda/x"] = json.dumps(rig.failure(1, 1, "x") | {"payload": payload}).encode()
    assert ends(rig.run()) == {End.FAILING: 1}
    assert rig.s3.objects


def test_an_item_whose_read_fails_for_ever_stops_the_run_with_nothing_lost(rig: RedriveRig) -> None:
    for n in range(3):
        rig.park(rig.change(f"k{n}"))
    rig.index.faults.extend([Fault(status=503)] * 1_000)
    report = rig.run()
    assert report.stopped
    assert (ends(report), len(rig.sqs.visible)) == ({End.FAILING: 3}, 3)
    rig.index.faults.clear()
    assert rig.run().is_clean
    assert rig.index.sources() == rig.documents()


def test_what_was_not_tried_when_a_run_stopped_is_not_deleted(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{n}") for n in range(1_600)]
    for start in range(0, 1_600, 400):
        rig.store(numbers[start : start + 400])
    # The second write of 500 holds the rest of the second object and a part of the third; the fourth is not tried.
    rig.index.faults.extend([None] + [Fault(status=503)] * 1_000)
    assert rig.run().stopped
    assert len(rig.s3.objects) == 3
    rig.index.faults.clear()
    assert rig.run().is_clean
    assert (rig.index.sources(), is_empty(rig)) == (rig.documents(), True)


def test_reasons_and_limit_choose_what_is_redriven(rig: RedriveRig) -> None:
    rig.park(rig.change("a"), reason="one")
    rig.park(rig.change("b"), reason="two")
    number = rig.change("c")
    rig.fail(number, number, condition="RecordAgeExceeded")
    rig.store([rig.change("d")], condition="RecordAgeExceeded")
    report = rig.run(reasons=frozenset({"two", "RecordAgeExceeded"}), limit=2)
    assert sorted(rig.index.sources()) == ["b", "c"]
    assert (report.found, report.skipped, report.limit_reached) == (2, 1, True)
    assert len(rig.sqs.visible) == 1
    report = rig.run(reasons=frozenset({"RecordAgeExceeded"}))
    assert sorted(rig.index.sources()) == ["b", "c", "d"]
    assert not rig.s3.objects


def test_a_dry_run_lists_everything_and_changes_nothing(rig: RedriveRig) -> None:
    numbers = [rig.change(f"k{n}") for n in range(9)]
    rig.park(numbers[0])
    rig.fail(numbers[1], numbers[3])
    rig.store(numbers[4:6])
    bodies = [message.body for message in rig.sqs.messages.values()]
    report = rig.run(dry_run=True)
    summary = report.as_json()
    assert {(each["place"], each["end"], each["count"]) for each in summary["letters"]} == {
        (place, End.LISTED, 1) for place in Place
    }
    assert [each["ids"] for each in summary["details"]] == [["k0"], ["k1", "k2", "k3"], ["k4", "k5"]]
    assert [message.body for message in rig.sqs.messages.values()] == bodies
    assert (rig.sqs.visible, len(rig.s3.objects)) == (list(rig.sqs.messages), 1)
    assert (rig.index.requests, rig.table.reads) == ([], [])
    json.dumps(summary)
