"""What lies in the dead-letter queue after a record was put away."""

import json
from collections import deque
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.errors import ParkingError, UnindexableItemError
from changefeed.parking import LARGEST_MESSAGE_BYTES, Parking, parked_message
from changefeed.plan.rejection import Rejection, reject
from tests.changefeed.records import item, stream_record
from tests.fakes import FakeQueue, client_error

PARKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def rejection(**attributes: Any) -> Rejection:
    change = decode_dynamodb_record(stream_record(item("a", **attributes)))
    return reject(change, UnindexableItemError("bad_attribute_value", "why"))


def message(rejected: Rejection) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(parked_message(rejected, index="lab", parked_at=PARKED_AT))
    return parsed


def test_a_message_holds_the_record_whole_and_all_that_redrive_needs() -> None:
    assert message(rejection()) == {
        "kind": "parked_record",
        "reason": {"code": "bad_attribute_value", "message": "why"},
        "index": "lab",
        "keys": {"id": {"S": "a"}},
        "operation": "MODIFY",
        "version": 1_767_323_045_000_000,
        "version_span": 1_000_000,
        "sequence_number": "100",
        "parked_at": "2026-01-02T03:04:05+00:00",
        "record": stream_record(item("a")),
    }


def test_what_could_not_be_decoded_is_parked_with_what_is_known() -> None:
    parsed = message(Rejection(code="not_a_record", message="why", raw="text"))
    assert parsed["record"] == "text"
    assert {parsed[name] for name in ("keys", "version", "version_span", "sequence_number")} == {None}


@pytest.mark.parametrize(
    "text", ["\ud800", "\uffff", "\x00", "é😀", "\x7f\x85"], ids=lambda text: text.encode("unicode-escape").decode()
)
def test_texts_that_json_or_the_queue_would_refuse_can_be_parked(text: str) -> None:
    queue = FakeQueue()
    Parking(queue_url="https://q", index="lab", client=lambda: queue)(rejection(x={"S": text}))
    assert queue.messages[0]["record"]["dynamodb"]["NewImage"]["x"] == {"S": text}


@pytest.mark.parametrize("number", [2**70, 1e400, -(10**60)])
def test_numbers_that_json_libraries_differ_about_can_be_parked(number: float) -> None:
    raw = stream_record(item("a"))
    raw["dynamodb"]["SizeBytes"] = number
    assert message(Rejection(code="x", message="why", raw=raw))["record"]["dynamodb"]["SizeBytes"] == number


def test_a_record_larger_than_a_message_is_left_out_and_its_size_told() -> None:
    parsed = message(rejection(x={"S": "x" * 1_100_000}))
    assert parsed["record"] is None
    assert parsed["record_bytes"] > 1_100_000
    assert parsed["keys"] == {"id": {"S": "a"}}


def test_a_message_stays_below_the_queues_limit() -> None:
    for size in (LARGEST_MESSAGE_BYTES - 2_000, LARGEST_MESSAGE_BYTES, 400_000):
        text = parked_message(rejection(x={"S": "é" * (size // 6)}), index="lab", parked_at=PARKED_AT)
        assert len(text.encode()) <= LARGEST_MESSAGE_BYTES


def test_the_reason_is_an_attribute_so_that_messages_can_be_chosen() -> None:
    queue = FakeQueue()
    Parking(queue_url="https://q", index="lab", client=lambda: queue)(rejection())
    (call,) = queue.calls
    assert call["QueueUrl"] == "https://q"
    assert call["MessageAttributes"] == {"reason": {"DataType": "String", "StringValue": "bad_attribute_value"}}


@pytest.mark.parametrize(
    "error", [client_error("ServiceUnavailable", "SendMessage"), EndpointConnectionError(endpoint_url="https://q")]
)
def test_a_queue_that_does_not_take_it_is_a_parking_error(error: Exception) -> None:
    queue = FakeQueue(failures=deque([error]))
    with pytest.raises(ParkingError):
        Parking(queue_url="https://q", index="lab", client=lambda: queue)(rejection())
