"""Values and names, from DynamoDB JSON to a document's text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changefeed.decode.attribute_values import NAMES_KEPT, _FieldNames, encode_document
from changefeed.errors import UnindexableItemError
from lambda_kit.field_names import escape_name, unescape_name
from tests.changefeed.records import recorded
from tests.fakes import as_boto3

NAMES = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(". %_\t\u3000"), max_size=8
) | st.sampled_from(["_id", "_source", "__soft_deletes", "_tombstone", "__typename", "_"])


def decoded(value: dict[str, Any]) -> Any:
    """What `_source` holds for an attribute; numbers as the text that stands there."""
    return json.loads(encode_document({"a": value}), parse_int=str, parse_float=str)["a"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"S": ""}, "", id="empty text"),
        pytest.param({"S": 'é"\n\u2028😀'}, 'é"\n\u2028😀', id="text"),
        pytest.param({"BOOL": False}, False, id="boolean"),
        pytest.param({"NULL": True}, None, id="null"),
        pytest.param({"NULL": False}, None, id="null as some writers send it"),
        pytest.param({"B": "AAH+/w=="}, "AAH+/w==", id="binary of an event"),
        pytest.param({"B": b"\x00\x01\xfe\xff"}, "AAH+/w==", id="binary of boto3"),
        pytest.param({"SS": ["b", "B", "a", "é"]}, ["B", "a", "b", "é"], id="text set"),
        pytest.param({"NS": ["10", "9", "-1", "1E+2"]}, ["-1", "9", "10", "1E+2"], id="number set"),
        pytest.param({"BS": ["Yg==", "YQ=="]}, ["YQ==", "Yg=="], id="binary set of an event"),
        pytest.param({"BS": [b"b", b"a"]}, ["YQ==", "Yg=="], id="binary set of boto3"),
        pytest.param({"L": []}, [], id="empty list"),
        pytest.param({"L": [{"N": "1"}, {"S": "x"}, {"NULL": True}]}, ["1", "x", None], id="list"),
        pytest.param({"M": {}}, {}, id="empty map"),
        pytest.param({"M": {"": {"L": [{"M": {"_id": {"S": "x"}}}]}}}, {"%": [{"_id": "x"}]}, id="map"),
    ],
)
def test_each_type_has_one_form(value: dict[str, Any], expected: Any) -> None:
    assert decoded(value) == expected


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ("9.9999999999999999999999999999999999999E+125", "9.9999999999999999999999999999999999999E+125"),
        ("1E-130", "1E-130"),
        ("-0", "-0"),
        ("1.10", "1.10"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        (" 5 ", "5"),
        ("\u0661\uff12", "12"),
    ],
)
def test_a_number_keeps_its_last_digit(text: str, kept: str) -> None:
    assert decoded({"N": text}) == kept
    assert decoded({"L": [{"N": text}]}) == [kept]


@pytest.mark.parametrize(
    "value",
    [
        {"N": "NaN"}, {"N": "Infinity"}, {"N": ""}, {"N": "1,5"}, {"N": b"15"}, {"N": 5}, {"N": None}, {"N": True},
        {"NS": ["1", "x"]}, {"NS": ["1", "NaN"]}, {"NS": [1]}, {"SS": ["a", 1]}, {"S": 5}, {"S": "\ud800"},
        {"S": None}, {"BOOL": "true"}, {"B": 5}, {"B": [1]}, {"BS": [5]}, {"L": 5}, {"L": ["x"]}, {"M": []},
        {"X": "x"}, {}, {"S": "x", "N": "1"}, "x", None, [],
    ],
    ids=repr,
)  # fmt: skip
def test_what_dynamodb_would_never_send_is_a_record_error_and_no_crash(value: Any) -> None:
    with pytest.raises(UnindexableItemError) as error:
        encode_document({"id": {"S": "secret"}, "a": value})
    assert error.value.code == "bad_attribute_value"
    assert "secret" not in str(error.value)


def test_nesting_that_json_can_not_hold_is_a_record_error() -> None:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(5_000):
        value = {"L": [value]}
    with pytest.raises(UnindexableItemError):
        encode_document({"a": value})


def test_dynamodbs_32_levels_are_kept() -> None:
    value: dict[str, Any] = {"S": "bottom"}
    for _ in range(32):
        value = {"M": {"m": value}}
    assert decoded(value) is not None
    assert encode_document({"a": value}).count(b'"m"') == 32


def test_an_event_and_boto3_give_the_same_document() -> None:
    image = recorded("dynamodb_stream_insert")["Records"][0]["dynamodb"]["NewImage"]
    shuffled = as_boto3(image) | {name: {kind: content[::-1] for kind, content in as_boto3(image)[name].items()}
                                  for name in ("stops", "gates", "seals")}  # fmt: skip
    assert encode_document(shuffled) == encode_document(image)


def test_the_recorded_item_holds_all_ten_types() -> None:
    image = recorded("dynamodb_stream_insert")["Records"][0]["dynamodb"]["NewImage"]
    assert {kind for value in image.values() for kind in value} == {
        "S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("", "%"), (".", "%2E"), ("..", "%2E%2E"), (".a", "%2Ea"), ("a..b", "a%2E%2Eb"), (" ", "%20"),
        ("a. .b", "a%2E %2Eb"),
        ("_id", "%5Fid"), ("_source", "%5Fsource"), ("%", "%25"), ("100%", "100%25"), ("%2E", "%252E"),
        ("a.b", "a%2Eb"), ("a.", "a%2E"), ("_private", "%5Fprivate"),
        ("__soft_deletes", "%5F_soft_deletes"), ("a_b", "a_b"), ("plain", "plain"), ("ä ö", "ä ö"),
    ],
)  # fmt: skip
def test_dots_and_what_opensearch_keeps_to_itself_are_escaped_and_others_are_not(name: str, field: str) -> None:
    assert escape_name(name, top=True) == field
    assert list(json.loads(encode_document({name: {"S": "x"}}))) == [field]


@given(NAMES, st.booleans())
def test_every_escaped_name_can_be_turned_back(name: str, top: bool) -> None:
    assert unescape_name(escape_name(name, top=top)) == name


def test_an_underscore_is_escaped_at_the_top_of_a_document_only() -> None:
    image = {"_id": {"M": {"_id": {"M": {"_id": {"S": "x"}}}}}}
    assert json.loads(encode_document(image)) == {"%5Fid": {"_id": {"_id": "x"}}}
    assert escape_name("_id") == "_id"


@given(st.dictionaries(NAMES, st.just({"S": "x"}), max_size=8), st.booleans())
def test_no_two_attributes_share_a_field(image: dict[str, Any], nested: bool) -> None:
    document = json.loads(encode_document({"m": {"M": image}} if nested else image))
    fields = document["m"] if nested else document
    assert sorted(map(unescape_name, fields)) == sorted(image)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None).map(str))
def test_any_number_is_valid_json_of_the_same_value(text: str) -> None:
    from decimal import Decimal

    assert Decimal(decoded({"N": text})) == Decimal(text)


def test_names_without_end_are_not_kept_without_end() -> None:
    fields = _FieldNames(top=False)
    assert [fields[f"{number}."] for number in range(NAMES_KEPT + 5)][-1] == f"{NAMES_KEPT + 4}%2E"
    assert len(fields) == NAMES_KEPT
