"""A stream's record without a time, which the API's reference allows: its item is read, and no change is lost by it."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from changefeed.decode.change_time import UNTIMED
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.errors import RecordDecodeError
from changefeed.parking import parked_message
from changefeed.plan.fold import fold
from changefeed.plan.rejection import Rejection
from ops.redrive.untrusted import change_of_keys
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, kinesis_record, stream_record
from tests.fakes import NOW


def untimed(number: int, n: str = "1", operation: str = "MODIFY") -> dict[str, Any]:
    return stream_record(item("a", n={"N": n}), number=number, seconds=None, operation=operation)


@pytest.mark.parametrize("time", ["absent", None])
def test_it_is_decoded_without_an_image_and_may_be_of_any_time(time: str | None) -> None:
    raw = untimed(100)
    if time is None:
        raw["dynamodb"]["ApproximateCreationDateTime"] = None
    change = decode_dynamodb_record(raw)
    assert (change.version, change.version_span) == UNTIMED
    assert change.image is None
    assert not change.is_timed
    assert decode_dynamodb_record(stream_record(item("a"))).is_timed


def test_what_the_table_holds_is_written_whatever_the_index_has() -> None:
    rig = Rig()
    rig.table.put(item("a", n={"N": "2"}))
    assert rig.invoke([stream_record(item("a", n={"N": "1"}), number=100)]) == []
    assert rig.invoke([untimed(101, n="stale")]) == []
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}

    rig.table.delete(item("a"))
    assert rig.invoke([untimed(102, operation="REMOVE")]) == []
    assert rig.index.sources() == {}
    assert rig.queue.messages == []


def test_a_later_change_with_a_time_still_wins() -> None:
    rig = Rig()
    rig.table.put(item("a", n={"N": "1"}))
    assert rig.invoke([untimed(100)]) == []
    assert rig.invoke([stream_record(item("a", n={"N": "2"}), number=101)]) == []
    assert rig.index.sources() == {"a": {"id": "a", "n": "2"}}


@pytest.mark.parametrize("first", ["timed", "untimed"])
def test_folded_it_claims_no_less_than_the_others_and_is_reported_from_the_first(first: str) -> None:
    timed = stream_record(item("a"), number=9 if first == "timed" else 10)
    records = [timed, untimed(10)] if first == "timed" else [untimed(9), timed]
    changes, _ = fold(map(decode_dynamodb_record, records))
    ((change, number),) = changes.values()
    assert number == "9"
    assert change.sequence_number == "10"
    assert change.version == int(NOW) * 1_000_000
    assert change.image is None
    assert not change.is_timed


def test_alone_it_says_nothing_of_the_lag(capsys: pytest.CaptureFixture[str]) -> None:
    Rig().invoke([untimed(100)])
    assert '"lag_milliseconds": null' in capsys.readouterr().out.replace('":null', '": null')


def test_parked_by_its_keys_alone_it_is_still_of_any_time() -> None:
    change = decode_dynamodb_record(untimed(100))
    for version in (change.version, 1_767_323_045_000_000):
        known = replace(change, version=version, version_span=UNTIMED[1] - version)
        rejection = Rejection(code="x", message="", raw={}, sequence_number="100", record=known)
        message = json.loads(parked_message(rejection, index="i", parked_at=datetime.now(UTC)))
        again = change_of_keys(message)
        assert (again.version, again.version_span, again.image) == (version, UNTIMED[1] - version, None)


@pytest.mark.parametrize("message", [{"version": 0}, {"version": -1, "version_span": UNTIMED[1] + 1}, {"version": 5}])
def test_a_version_of_no_time_is_taken_with_its_span_only(message: dict[str, Any]) -> None:
    with pytest.raises(RecordDecodeError):
        change_of_keys({"keys": {"id": {"S": "a"}}, **message})


def test_by_kinesis_it_is_no_change_of_dynamodb() -> None:
    raw = kinesis_record(item("a"))
    rig = Rig(feed="kinesis_stream")
    change = json.loads(base64.b64decode(raw["kinesis"]["data"]))
    del change["dynamodb"]["ApproximateCreationDateTime"]
    raw["kinesis"]["data"] = base64.b64encode(json.dumps(change).encode()).decode()
    assert rig.invoke([raw]) == []
    assert [message["reason"]["code"] for message in rig.queue.messages] == ["bad_time"]
