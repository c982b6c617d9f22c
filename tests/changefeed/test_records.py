"""Decoding: both feeds' recorded events, and everything that isn't one."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from changefeed.decode.change_record import Operation
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.decode.kinesis_record import decode_kinesis_record
from changefeed.errors import RecordDecodeError, RecordError
from tests.changefeed.consumer_rig import DECODERS, Rig
from tests.changefeed.records import TABLE, item, kinesis_record, recorded, stream_record
from tests.fakes import NOW

FEEDS = ("dynamodb_stream", "kinesis_stream")
OPERATIONS = {
    "insert": Operation.INSERT, "modify": Operation.MODIFY, "remove": Operation.REMOVE, "ttl_remove": Operation.REMOVE,
}  # fmt: skip
MALFORMED = [(feed, case["why"], case) for feed in FEEDS for case in recorded(f"malformed_{feed}")]


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("feed", FEEDS)
def test_a_recorded_event_is_decoded(feed: str, name: str) -> None:
    (raw,) = recorded(f"{feed}_{name}")["Records"]
    change = DECODERS[feed](raw)
    second = int(NOW) + list(OPERATIONS).index(name)
    assert change.operation is OPERATIONS[name]
    assert change.keys == {"id": {"S": "flight/UA-1545"}}
    assert (change.image is None) == (change.operation is Operation.REMOVE)
    assert change.version == second * 1_000_000 + (123_456 if feed == "kinesis_stream" else 0)
    assert change.version_span == (1 if feed == "kinesis_stream" else 1_000_000)
    assert change.raw is raw


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_same_item_gives_the_same_document_by_both_feeds(name: str) -> None:
    sources = []
    for feed in FEEDS:
        rig = Rig(feed=feed)
        assert rig.invoke(recorded(f"{feed}_{name}")["Records"]) == []
        sources.append(rig.index.sources())
    assert sources[0] == sources[1]
    assert len(sources[0]) == (0 if "remove" in name else 1)


@pytest.mark.parametrize(("feed", "why", "case"), MALFORMED, ids=[f"{feed}: {why}" for feed, why, _ in MALFORMED])
def test_a_malformed_record_is_parked_with_its_code_and_nothing_else_is_held_up(
    feed: str, why: str, case: dict[str, Any]
) -> None:
    rig = Rig(feed=feed)
    good = stream_record(item("good")) if feed == "dynamodb_stream" else kinesis_record(item("good"))
    assert rig.invoke([case["record"], good]) == []
    assert [message["reason"]["code"] for message in rig.queue.messages] == [case["code"]]
    assert rig.queue.messages[0]["record"] == case["record"]
    assert list(rig.index.documents) == ["good"]


@pytest.mark.parametrize("seconds", [int(NOW), NOW, str(int(NOW)), f"{int(NOW)}.0", NOW + 0.9])
def test_streams_seconds_may_be_a_number_or_a_text(seconds: Any) -> None:
    raw = stream_record(item("a"))
    raw["dynamodb"]["ApproximateCreationDateTime"] = seconds
    change = decode_dynamodb_record(raw)
    assert (change.version, change.version_span) == (1_767_323_045_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("precision", "version", "span"),
    [
        ("MICROSECOND", 1_767_323_045_123_456, 1),
        ("MILLISECOND", 1_767_323_045_123_000, 1_000),
        (None, 1_767_323_045_123_000, 1_000),
    ],
)
def test_a_kinesis_version_spans_what_its_precision_can_not_tell(
    precision: str | None, version: int, span: int
) -> None:
    raw = kinesis_record(item("a"), microseconds=1_767_323_045_123_456, precision=precision)
    change = decode_kinesis_record(raw)
    assert (change.version, change.version_span) == (version, span)


@pytest.mark.parametrize(
    ("time", "precision", "version", "span"),
    [
        (1_767_323_045_123_456, "MICROSECOND", 1_767_323_045_123_456, 1),
        (1_767_323_045_123_456.0, "MICROSECOND", 1_767_323_045_123_456, 1),
        (1_767_323_045_123, "MILLISECOND", 1_767_323_045_123_000, 1_000),
        (1_767_323_045, None, 1_767_323_045_000_000, 1_000_000),
        (1_767_323_045, "MICROSECOND", 1_767_323_045_000_000, 1_000_000),
        (1_767_323_045, "MILLISECOND", 1_767_323_045_000_000, 1_000_000),
    ],
)
def test_a_streams_record_that_names_a_unit_is_taken_by_it(
    time: float, precision: str | None, version: int, span: int
) -> None:
    raw = stream_record(item("a"))
    raw["dynamodb"] |= {"ApproximateCreationDateTime": time, "ApproximateCreationDateTimePrecision": precision}
    change = decode_dynamodb_record(raw)
    assert (change.version, change.version_span, change.in_order) == (version, span, True)


@pytest.mark.parametrize(
    ("time", "precision"),
    [(1_767_323_045_123_456, "MILLISECOND"), (1_767_323_045_123, "MICROSECOND"), (1_767_323_045_123, None)],
)
def test_a_streams_time_that_is_not_of_its_unit_is_refused(time: int, precision: str | None) -> None:
    raw = stream_record(item("a"))
    raw["dynamodb"] |= {"ApproximateCreationDateTime": time, "ApproximateCreationDateTimePrecision": precision}
    with pytest.raises(RecordDecodeError) as error:
        decode_dynamodb_record(raw)
    assert error.value.code == "bad_time"


@pytest.mark.parametrize("unit", ["NANOSECOND", "SECOND", "microsecond", "", 6, ["MICROSECOND"]])
@pytest.mark.parametrize("feed", FEEDS)
def test_a_unit_unheard_of_is_refused(feed: str, unit: object) -> None:
    raw = kinesis_record(item("a"), precision=unit)  # type: ignore[arg-type]
    if feed == "dynamodb_stream":
        raw = stream_record(item("a"))
        raw["dynamodb"]["ApproximateCreationDateTimePrecision"] = unit
    with pytest.raises(RecordDecodeError) as error:
        DECODERS[feed](raw)
    assert error.value.code == "bad_time"


def test_changes_of_one_millisecond_on_the_stream_end_with_the_last_in_one_batch_or_two() -> None:
    for batches in ([[1, 2]], [[1], [2]]):
        rig = Rig()
        rig.table.put(item("a", n={"N": "2"}))
        for batch in batches:
            records = [stream_record(item("a", n={"N": str(number)}), number=number) for number in batch]
            for record in records:
                record["dynamodb"]["ApproximateCreationDateTime"] *= 1_000
                record["dynamodb"]["ApproximateCreationDateTimePrecision"] = "MILLISECOND"
            assert rig.invoke(records) == []
        assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


@pytest.mark.parametrize("year_second", [1_325_375_999, 4_102_444_800])
def test_a_time_outside_dynamodbs_years_would_lock_or_lose_a_document_and_is_refused(year_second: int) -> None:
    with pytest.raises(RecordDecodeError) as error:
        decode_dynamodb_record(stream_record(item("a"), seconds=year_second))
    assert error.value.code == "bad_time"


@pytest.mark.parametrize("feed", DECODERS)
def test_a_remove_has_no_image_whatever_it_holds(feed: str) -> None:
    if feed == "dynamodb_stream":
        raw = stream_record(item("a")) | {"eventName": "REMOVE"}
    else:
        raw = kinesis_record(item("a"))
        change = json.loads(base64.b64decode(raw["kinesis"]["data"])) | {"eventName": "REMOVE"}
        raw["kinesis"]["data"] = base64.b64encode(json.dumps(change).encode()).decode()
    removed = DECODERS[feed](raw)
    assert (removed.operation, removed.image) == (Operation.REMOVE, None)


@pytest.mark.parametrize("second", [1_325_376_000, 4_102_444_799])
def test_the_first_and_the_last_second_of_dynamodbs_years_are_times(second: int) -> None:
    assert decode_dynamodb_record(stream_record(item("a"), seconds=second)).version == second * 1_000_000


@pytest.mark.parametrize("make", [stream_record, kinesis_record])
def test_a_key_may_have_two_attributes(make: Callable[..., dict[str, Any]]) -> None:
    raw = make({"p": {"S": "a"}, "s": {"N": "1"}, "v": {"S": "x"}}, key_names=["p", "s"])
    decode = decode_dynamodb_record if make is stream_record else decode_kinesis_record
    assert decode(raw).keys == {"p": {"S": "a"}, "s": {"N": "1"}}


def test_a_kinesis_record_that_names_no_table_is_taken() -> None:
    raw = kinesis_record(item("a"))
    change = json.loads(base64.b64decode(raw["kinesis"]["data"]))
    del change["tableName"]
    raw["kinesis"]["data"] = base64.b64encode(json.dumps(change).encode()).decode()
    assert decode_kinesis_record(raw, table_name="lab-table").keys == {"id": {"S": "a"}}


def test_a_ttl_delete_is_a_delete() -> None:
    rig = Rig()
    insert, ttl = (recorded(f"dynamodb_stream_{name}")["Records"][0] for name in ("insert", "ttl_remove"))
    assert ttl["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    rig.invoke([insert])
    assert rig.index.documents
    rig.invoke([ttl])
    assert not rig.index.documents


def mangled(value: Any) -> list[Any]:
    """Copies of a JSON value with each part in turn replaced by odd ones."""
    odd: list[Any] = [None, 0, -1, 1e400, True, "", "x", [], {}, [None], {"": None}, {"S": None}]
    if not isinstance(value, dict):
        return odd
    results = list(odd)
    for name in value:
        missing = copy.copy(value)
        del missing[name]
        results += [missing, *({**value, name: part} for part in mangled(value[name]))]
    return results


@pytest.mark.parametrize("feed", FEEDS)
def test_no_odd_record_raises_anything_but_a_record_error(feed: str) -> None:
    (raw,) = recorded(f"{feed}_modify")["Records"]
    for odd in mangled(raw):
        if isinstance(odd, dict):
            try:
                DECODERS[feed](odd)
            except RecordError:
                continue


@pytest.mark.parametrize("feed", FEEDS)
def test_no_odd_record_crashes_a_batch(feed: str) -> None:
    (raw,) = recorded(f"{feed}_modify")["Records"]
    for odd in mangled(raw):
        assert Rig(feed=feed).invoke([odd]) == []


def arn(table: str, partition: str = "aws") -> str:
    return f"arn:{partition}:dynamodb:eu-west-1:123456789012:table/{table}/stream/2026-01-02T03:04:05.678"


@pytest.mark.parametrize("stream", [arn(TABLE), arn(TABLE, "aws-cn"), arn(TABLE, "aws-us-gov"), None])
def test_a_record_of_the_tables_stream_or_of_a_stream_that_is_not_named_is_taken(stream: str | None) -> None:
    raw = stream_record(item("a")) | ({} if stream is None else {"eventSourceARN": stream})
    assert decode_dynamodb_record(raw, table_name=TABLE).keys == {"id": {"S": "a"}}


@pytest.mark.parametrize(
    "stream",
    [
        arn("other"),
        arn(f"{TABLE}-2"),
        arn(f"my-{TABLE}"),
        arn(TABLE).replace(TABLE, "x/stream/lab-table"),
        "",
        7,
        [],
        {},
    ],
)
def test_a_record_of_another_stream_is_refused(stream: object) -> None:
    with pytest.raises(RecordDecodeError) as error:
        decode_dynamodb_record(stream_record(item("a")) | {"eventSourceARN": stream}, table_name=TABLE)
    assert error.value.code == "other_table"
    assert decode_dynamodb_record(stream_record(item("a")) | {"eventSourceARN": stream}).version


@pytest.mark.parametrize("age_seconds", [0, 31])
@pytest.mark.parametrize("operation", ["MODIFY", "REMOVE"])
def test_a_record_of_another_tables_stream_changes_no_document(operation: str, age_seconds: int) -> None:
    rig = Rig()
    rig.invoke([stream_record(item("a"), number=1)])
    rig.clock.now += 60
    foreign = stream_record(item("a"), number=2, seconds=rig.clock.now - age_seconds, operation=operation)
    assert rig.invoke([foreign | {"eventSourceARN": arn("other")}]) == []
    assert list(rig.index.documents) == ["a"]
    assert [message["reason"]["code"] for message in rig.queue.messages] == ["other_table"]
