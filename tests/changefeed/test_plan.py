"""Ids, folding, and the plan of a batch."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changefeed.decode.change_record import ChangeRecord, Operation
from changefeed.decode.dynamodb_record import decode_dynamodb_record
from changefeed.errors import RecordDecodeError
from changefeed.plan.document_id import document_id
from changefeed.plan.fold import fold, plan
from tests.changefeed.records import item, stream_record

TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("|%"), max_size=6)
KEY_PART = (
    TEXT.map(lambda text: {"S": text})
    | st.integers(-99, 99).map(lambda number: {"N": str(number)})
    | st.decimals(-9, 9, places=3).map(lambda number: {"N": f"{number:f}"})
    | st.binary(max_size=4).map(lambda data: {"B": base64.b64encode(data).decode()})
)


def same_key(one: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """A key as DynamoDB compares it."""
    from decimal import Decimal

    return tuple(
        (kind, Decimal(content) if kind == "N" else content)
        for name in sorted(one) for kind, content in one[name].items()
    )  # fmt: skip


@given(st.lists(st.fixed_dictionaries({"pk": KEY_PART}, optional={"sk": KEY_PART}), max_size=12))
def test_two_keys_share_an_id_only_when_dynamodb_holds_them_equal(keys: list[dict[str, Any]]) -> None:
    ids = [document_id(key) for key in keys]
    for one, id_of_one in zip(keys, ids, strict=True):
        for other, id_of_other in zip(keys, ids, strict=True):
            assert (id_of_one == id_of_other) == (same_key(one) == same_key(other))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"id": {"S": "flight/UA-1545"}}, "flight/UA-1545"),
        ({"id": {"S": "a|b%c"}}, "a%7Cb%25c"),
        ({"pk": {"S": "a"}, "sk": {"N": "7"}}, "a|%N7"),
        ({"sk": {"N": "7"}, "pk": {"S": "a"}}, "a|%N7"),
        ({"id": {"B": "AAH+/w=="}}, "%BAAH+/w=="),
        ({"id": {"B": b"\x00\x01\xfe\xff"}}, "%BAAH+/w=="),
        ({"id": {"N": "5.0"}}, "%N5"),
        ({"id": {"N": "500"}}, "%N500"),
        ({"id": {"N": "5E+2"}}, "%N500"),
        ({"id": {"N": "-0.00"}}, "%N0"),
        ({"id": {"N": "12345678901234567890123456789012345678"}}, "%N12345678901234567890123456789012345678"),
    ],
)
def test_an_id_is_readable(keys: dict[str, Any], expected: str) -> None:
    assert document_id(keys) == expected


@pytest.mark.parametrize("text", ["x" * 513, "é" * 257, "|" * 172, ""])
def test_an_id_over_512_bytes_or_empty_is_hashed(text: str) -> None:
    assert document_id({"id": {"S": text}}).startswith("%H")
    assert len(document_id({"id": {"S": text}})) == 66
    assert document_id({"id": {"S": text}}) != document_id({"id": {"S": text + "y"}})


def test_an_id_of_512_bytes_is_kept() -> None:
    assert document_id({"id": {"S": "é" * 256}}) == "é" * 256


@pytest.mark.parametrize(
    "value",
    [
        {"S": b"x"}, {"N": b"5"}, {"S": 5}, {"S": None}, {"N": "x"}, {"N": "NaN"}, {"N": "Infinity"},
        {"N": "1E+999999999"}, {"B": "!!!!"},
        {"N": 5}, {"B": "AAH"}, {"B": "é"}, {"B": 5}, {"B": None}, {"BOOL": True}, {"NULL": True}, {"SS": ["a"]}, {},
        {"S": "a", "N": "1"}, "text", None, {"S": "\ud800"}, {"S": ["a"]},
    ],
    ids=repr,
)  # fmt: skip
def test_a_key_that_dynamodb_does_not_have_is_a_record_error(value: Any) -> None:
    with pytest.raises(RecordDecodeError) as error:
        document_id({"id": value})
    assert error.value.code == "bad_key"


def change(key: str = "a", *, version: int, number: str, span: int = 1_000_000, in_order: bool = True) -> ChangeRecord:
    return ChangeRecord(
        sequence_number=number, operation=Operation.MODIFY, keys={"id": {"S": key}}, image=item(key, n={"N": number}),
        version=version, version_span=span, in_order=in_order, raw={},
    )  # fmt: skip


def test_the_highest_version_of_a_document_wins_whatever_the_order() -> None:
    changes = [change(version=2, number="5"), change(version=3, number="4"), change(version=1, number="6")]
    folded, rejections = fold(changes)
    assert rejections == []
    assert folded["a"] == (changes[1], "4")


def test_equal_versions_are_decided_by_the_sequence_number_as_an_integer() -> None:
    later, earlier = change(version=1, number="10"), change(version=1, number="9")
    assert fold([later, earlier])[0]["a"] == (later, "9")
    assert fold([earlier, later])[0]["a"] == (later, "9")


def test_equal_milliseconds_of_a_feed_without_order_are_decided_by_the_table() -> None:
    changes = [change(version=1, number=number, span=1_000, in_order=False) for number in ("1", "2", "3")]
    (action,), _ = plan(changes)
    assert (action.body, action.image_missing, action.first_sequence_number) == (None, True, "1")


def test_equal_microseconds_are_one_change_that_came_twice() -> None:
    (action,), _ = plan([change(version=1, number=number, span=1, in_order=False) for number in ("1", "2")])
    assert (action.body, action.image_missing) == (item("a", n={"N": "2"}), False)


def test_a_newer_change_after_a_tie_is_written_by_its_image() -> None:
    versions = (("1", 1), ("2", 1), ("3", 2))
    (action,), _ = plan([change(version=v, number=number, span=1_000, in_order=False) for number, v in versions])
    assert (action.body, action.image_missing) == (item("a", n={"N": "3"}), False)


def test_equal_versions_and_numbers_are_decided_by_arrival() -> None:
    first, second = change(version=1, number="7"), change(version=1, number="7")
    assert fold([first, second])[0]["a"][0] is second


def test_documents_are_not_folded_into_each_other() -> None:
    assert len(plan([change("a", version=1, number="1"), change("b", version=1, number="2")])[0]) == 2


def test_the_first_sequence_number_of_a_fold_is_what_a_failure_reports() -> None:
    (action,), _ = plan([change(version=1, number="10"), change(version=2, number="11"), change(version=1, number="9")])
    assert (action.first_sequence_number, action.record.sequence_number) == ("9", "11")


def test_a_remove_plans_a_delete_and_a_missing_image_a_read() -> None:
    gone = decode_dynamodb_record(stream_record(item("a"), operation="REMOVE"))
    raw = stream_record(item("b"))
    del raw["dynamodb"]["NewImage"]
    (delete, read), _ = plan([gone, decode_dynamodb_record(raw)])
    assert (delete.body, delete.image_missing) == (None, False)
    assert (read.body, read.image_missing) == (None, True)


def test_an_item_that_holds_no_attribute_but_its_image_is_a_document() -> None:
    raw = stream_record(item("a"))
    raw["dynamodb"]["NewImage"] = {}
    (action,), _ = plan([decode_dynamodb_record(raw)])
    assert (action.body, action.image_missing) == ({}, False)


def test_what_can_not_be_planned_is_rejected_with_its_record_and_the_rest_goes_on() -> None:
    bad_key = decode_dynamodb_record(stream_record({"id": {"BOOL": True}}, number=1))
    good = decode_dynamodb_record(stream_record(item("b"), number=3))
    actions, rejections = plan([bad_key, good])
    assert [action.document_id for action in actions] == ["b"]
    assert [(r.code, r.sequence_number, r.record) for r in rejections] == [("bad_key", "1", bad_key)]
