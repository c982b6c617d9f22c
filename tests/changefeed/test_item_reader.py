"""Reading items again: complete, or not at all."""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from changefeed.errors import Found, ItemReadError, RecordError
from changefeed.plan.document_id import document_id
from changefeed.write.item_reader import ItemReader
from changefeed.write.patient_reader import FRUITLESS_ATTEMPTS, PatientReader
from tests.changefeed.records import TABLE, item
from tests.fakes import FakeClock, FakeTable, client_error


def read(table: FakeTable, *keys: Mapping[str, Any], clock: FakeClock | None = None) -> Found:
    reader = PatientReader(read=ItemReader(table_name=TABLE, client=lambda: table), sleep=(clock or FakeClock()).sleep)
    return reader({document_id(key): key for key in keys})


def full_table(count: int) -> tuple[FakeTable, list[dict[str, Any]]]:
    table = FakeTable()
    for number in range(count):
        table.put(item(f"k{number}", n={"N": str(number)}))
    return table, [{"id": {"S": f"k{number}"}} for number in range(count)]


def test_items_are_found_in_whatever_order_they_come_and_absent_ones_are_none() -> None:
    table, keys = full_table(3)
    found = read(table, *keys, {"id": {"S": "absent"}})
    assert found["absent"] is None
    assert found["k1"] == {"id": {"S": "k1"}, "n": {"N": "1"}}
    assert len(found) == 4


def test_more_than_a_hundred_keys_take_several_requests_side_by_side() -> None:
    table, keys = full_table(950)
    table.key_schema = {"id": "S"}
    before = threading.active_count()
    assert len(read(table, *keys)) == 950
    assert sorted(map(len, table.reads)) == [50] + [100] * 9
    assert threading.active_count() == before


def test_keys_that_are_left_over_are_asked_for_again() -> None:
    table, keys = full_table(3)
    table.unprocessed = 2
    clock = FakeClock()
    assert all(read(table, *keys, clock=clock).values())
    assert [len(request) for request in table.reads] == [3, 1, 1]
    assert clock.slept == [0.05]


def test_keys_that_stay_left_over_are_a_read_error_not_absent_items() -> None:
    table, keys = full_table(3)
    table.unprocessed = 100
    with pytest.raises(ItemReadError, match="throttled") as caught:
        read(table, *keys)
    assert sorted(caught.value.found) == ["k0", "k1"]


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("ResourceNotFoundException"),
        client_error("AccessDeniedException"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=lambda error: type(error).__name__ + str(error)[:60],
)
def test_a_read_that_fails_again_and_again_is_a_read_error(error: Exception) -> None:
    table, keys = full_table(1)
    table.failures = deque([error] * FRUITLESS_ATTEMPTS)
    with pytest.raises(ItemReadError):
        read(table, *keys)
    table.failures = deque([error] * (FRUITLESS_ATTEMPTS - 1))
    assert len(read(table, *keys)) == 1


def test_what_was_read_before_a_page_failed_is_kept() -> None:
    table, keys = full_table(250)
    table.failures = deque([None, client_error("InternalServerError"), client_error("InternalServerError")])
    reader = ItemReader(table_name=TABLE, client=lambda: table)
    with pytest.raises(ItemReadError, match="150 items of lab-table are unread: InternalServerError") as caught:
        reader({document_id(key): key for key in keys})
    assert list(caught.value.found) == [f"k{number}" for number in range(100)]


def test_a_table_that_fails_at_once_is_asked_no_more() -> None:
    table, keys = full_table(1_000)
    table.failures = deque([client_error("ProvisionedThroughputExceededException")])
    with pytest.raises(ItemReadError):
        ItemReader(table_name=TABLE, client=lambda: table)({document_id(key): key for key in keys})
    assert len(table.reads) == 1


def test_nothing_is_asked_for_when_the_time_is_over() -> None:
    table, keys = full_table(150)
    reader = ItemReader(table_name=TABLE, client=lambda: table)
    left = iter([1.0, 0.0])
    with pytest.raises(ItemReadError, match="50 items of lab-table are unread: the time is over") as caught:
        reader({document_id(key): key for key in keys}, lambda: next(left))
    assert len(caught.value.found) == 100


def test_a_refused_key_is_told_apart_and_the_others_are_read_one_by_one() -> None:
    table, keys = full_table(2)
    found = read(table, {"id": {"N": "5"}}, *keys)
    assert isinstance(found["%N5"], RecordError)
    assert found["%N5"].code == "key_refused"
    assert (found["k0"], found["k1"]) == (table.items[table._key(keys[0])], table.items[table._key(keys[1])])


@pytest.mark.parametrize(
    ("schema", "asked", "stored"),
    [
        ({"id": "B"}, {"id": {"B": "AAH+/w=="}}, {"id": {"B": "AAH+/w=="}}),
        ({"id": "B"}, {"id": {"B": b"\x00\x01\xfe\xff"}}, {"id": {"B": "AAH+/w=="}}),
        ({"id": "N"}, {"id": {"N": "5.0"}}, {"id": {"N": "5"}}),
        ({"pk": "S", "sk": "N"}, {"sk": {"N": "7"}, "pk": {"S": "a"}}, {"pk": {"S": "a"}, "sk": {"N": "7"}}),
    ],
)
def test_keys_of_every_type_find_their_item(schema: dict[str, str], asked: Any, stored: Any) -> None:
    table = FakeTable(key_schema=schema)
    table.put(stored)
    found = read(table, asked)
    assert list(found) == [document_id(stored)]
    assert None not in found.values()


def test_binary_keys_are_sent_as_bytes() -> None:
    table = FakeTable(key_schema={"id": "B"})
    read(table, {"id": {"B": "AAH+/w=="}})
    assert table.reads == [[{"id": {"B": b"\x00\x01\xfe\xff"}}]]
