"""Contents that are the same have one digest; any single change of a document gives another."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changefeed.decode.attribute_values import encode_document
from changefeed.plan.document_id import document_id
from changefeed.write.document_form import Form, encode_narrowed
from ops.verify.canonical import Number, document_digest, item_digest, parse_json
from ops.verify.item_key import decode_key, encode_key, key_of_document

NAMES = st.sampled_from(["a", "b", "n", "", ".", "a..b", ".a", "a.", " ", "%", "%25", "%5Fid", "_id", "_source", "ä%"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.one_of(
    st.integers(-(10**37), 10**37).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=6).filter(lambda d: abs(d) < 10**30).map(str),
    st.builds("{}E{}".format, st.integers(-(10**20), 10**20), st.integers(-100, 100)),
    st.sampled_from(["0", "-0", "0.0", "1.10", "1E+5", "99999999999999999999999999999999999999", "1E-130"]),
)
BYTES = st.binary(max_size=8)
SCALARS = st.one_of(
    st.builds(lambda x: {"S": x}, TEXTS),
    st.builds(lambda x: {"N": x}, NUMBERS),
    st.builds(lambda x: {"B": x}, BYTES),
    st.builds(lambda x: {"BOOL": x}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda x: {"SS": list(x)}, st.sets(TEXTS, min_size=1, max_size=4)),
    st.builds(lambda x: {"NS": list(x)}, st.sets(st.integers(-99, 99).map(str), min_size=1, max_size=4)),
    st.builds(lambda x: {"BS": list(x)}, st.sets(BYTES, min_size=1, max_size=4)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda x: {"L": x}, st.lists(inner, max_size=3)),
        st.builds(lambda x: {"M": x}, st.dictionaries(NAMES | TEXTS, inner, max_size=3)),
    ),
    max_leaves=8,
)
ITEMS = st.dictionaries(NAMES | TEXTS, VALUES, min_size=1, max_size=5)


@given(ITEMS)
@settings(max_examples=150, deadline=None)
def test_any_item_equals_the_document_that_the_sync_makes_of_it(item: dict[str, Any]) -> None:
    assert item_digest(item) == document_digest(parse_json(encode_document(item)))


@given(ITEMS, st.data())
@settings(max_examples=150, deadline=None)
def test_any_single_change_of_a_document_makes_it_differ(item: dict[str, Any], data: st.DataObject) -> None:
    document = parse_json(encode_document(item))
    mutate(document, data)
    assert document_digest(document) != item_digest(item)


def mutate(container: Any, data: st.DataObject) -> None:
    """Change one place of a document, at any depth."""
    places = list(container) if isinstance(container, dict) else list(range(len(container)))
    place = data.draw(st.sampled_from(places))
    value = container[place]
    if isinstance(value, dict | list) and value and data.draw(st.booleans()):
        mutate(value, data)
        return
    match data.draw(st.sampled_from(["replace", "remove", "add", "retype"])):
        case "remove":
            del container[place]
        case "add" if isinstance(container, dict):
            container["another name, not of the item"] = None
        case "add":
            container.append("one more")
        case "retype":
            container[place] = [value]
        case _:
            container[place] = changed(value)


def changed(value: Any) -> Any:
    if isinstance(value, Number):
        return str(value)  # the same digits as a text
    if isinstance(value, str):
        return value + "\u200b"
    if isinstance(value, bool):
        return not value
    return False if value is None else None


@pytest.mark.parametrize(
    ("one", "other"),
    [("5", "5.0"), ("5", "5E0"), ("500", "5E+2"), ("0", "-0.00"), ("1.10", "1.1"), ("-12E-1", "-1.2"), ("0050", "50")],
)
def test_numbers_count_by_value(one: str, other: str) -> None:
    assert item_digest({"n": {"N": one}}) == item_digest({"n": {"N": other}})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999998"),
        ("0.1", "0.10000000000000000000000000000000000001"),
        ("1", "-1"),
        ("1", "10"),
        ("9007199254740993", "9007199254740992"),
    ],
)
def test_numbers_differ_in_their_last_digit(one: str, other: str) -> None:
    assert item_digest({"n": {"N": one}}) != document_digest(parse_json(f'{{"n":{other}}}'))


def test_an_item_has_one_digest_as_boto3_gives_it_and_as_a_record_holds_it() -> None:
    by_boto3: dict[str, Any] = {"b": {"B": b"\xff\xff"}, "s": {"BS": [b"\xff", b"\x00"]}}
    in_a_record: dict[str, Any] = {"b": {"B": "//8="}, "s": {"BS": ["/w==", "AA=="]}}
    assert item_digest(by_boto3) == item_digest(in_a_record)


def test_a_second_spelling_of_a_name_is_another_field() -> None:
    assert item_digest({"a": {"S": "x"}}) != document_digest(parse_json('{"%61":"x"}'))
    assert item_digest({"a": {"S": "x"}}) != document_digest(parse_json('{"a":"x","%61":"x"}'))
    assert item_digest({"_id": {"S": "x"}}) == document_digest(parse_json('{"%5Fid":"x"}'))
    assert item_digest({"a.b": {"S": "x"}}) == document_digest(parse_json('{"a%2Eb":"x"}'))
    assert item_digest({"a.b": {"S": "x"}}) != document_digest(parse_json('{"a.b":"x"}')), "OpenSearch makes it a map"


@pytest.mark.parametrize("source", ['{"a":"\\ud800"}', '{"a":1e999999999}', '{"a":NaN}', "null", "[1]"])
def test_whatever_a_stranger_wrote_has_a_digest(source: str) -> None:
    assert document_digest(parse_json(source)) != item_digest({"a": {"NULL": True}})


@given(ITEMS, st.data())
@settings(max_examples=150, deadline=None)
def test_an_item_equals_its_document_whatever_part_of_it_is_not_indexed(
    item: dict[str, Any], data: st.DataObject
) -> None:
    document = parse_json(encode_document(item))
    names = data.draw(st.lists(st.sampled_from(sorted(document)), min_size=1, unique=True))
    document["%unindexed"] = {name: document.pop(name) for name in names}
    document["%unindexed_attributes"] = Number(len(names))
    assert item_digest(item) == document_digest(document)
    mutate(document, data)
    assert document_digest(document) != item_digest(item)


@given(ITEMS, st.sampled_from(Form), st.sampled_from([(), ("_id",), ("a", "n")]))
@settings(max_examples=150, deadline=None)
def test_an_item_equals_its_document_in_every_form_that_the_sync_writes(
    item: dict[str, Any], form: Form, key_fields: tuple[str, ...]
) -> None:
    text = encode_narrowed(item, form, key_fields)
    assert item_digest(item) == document_digest(parse_json(text))


@pytest.mark.parametrize(
    "source",
    [
        '{"a":"x","%unindexed":{"b":"y"}}',
        '{"a":"x","b":"y","%unindexed_attributes":1}',
        '{"a":"x","b":"y","%unindexed_attributes":0}',
        '{"a":"x","b":"y","%unindexed":{}}',
        '{"a":"x","b":"y","%unindexed":{},"%unindexed_attributes":0}',
        '{"a":"x","b":"y","%unindexed":null,"%unindexed_attributes":0}',
        '{"a":"x","%unindexed":[{"b":"y"}],"%unindexed_attributes":1}',
        '{"a":"x","%unindexed":{"b":"y"},"%unindexed_attributes":2}',
        '{"a":"x","%unindexed":{"b":"y"},"%unindexed_attributes":1.0}',
        '{"a":"x","%unindexed":{"b":"y"},"%unindexed_attributes":"1"}',
        '{"a":"x","%unindexed":{"b":"y"},"%unindexed_attributes":true}',
        '{"a":"x","b":"y","%unindexed":{"b":"y"},"%unindexed_attributes":1}',
        '{"a":"x","b":"z","%unindexed":{"b":"y"},"%unindexed_attributes":1}',
        '{"a":"x","%unindexed":{"%62":"y"},"%unindexed_attributes":1}',
        '{"a":"x","%unindexed":{"%unindexed":{"b":"y"}},"%unindexed_attributes":1}',
        '{"a":"x","%unindexed":{"%unindexed":{"b":"y"},"%unindexed_attributes":1},"%unindexed_attributes":2}',
    ],
)
def test_any_other_form_of_a_part_that_is_not_indexed_differs(source: str) -> None:
    assert document_digest(parse_json(source)) != item_digest({"a": {"S": "x"}, "b": {"S": "y"}})


def test_names_below_the_part_that_is_not_indexed_are_names_at_the_top() -> None:
    item: dict[str, Any] = {"_id": {"S": "x"}, "%unindexed": {"M": {"_a": {"S": "y"}}}}
    right = '{"%unindexed":{"%5Fid":"x","%25unindexed":{"_a":"y"}},"%unindexed_attributes":2}'
    assert document_digest(parse_json(right)) == item_digest(item)
    assert document_digest(parse_json(right.replace("%5Fid", "_id"))) != item_digest(item)


KEYS = st.one_of(
    st.builds(lambda x: {"S": x}, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)),
    st.builds(lambda x: {"N": x}, NUMBERS),
    st.builds(lambda x: {"B": x}, st.binary(min_size=1, max_size=9)),
    st.builds(lambda x: {"S": x * 300}, st.sampled_from(["a|", "é", "%"])),
)


@given(KEYS, st.none() | KEYS)
@settings(max_examples=100, deadline=None)
def test_every_key_is_read_out_of_its_id_or_its_document(first: dict[str, Any], second: dict[str, Any] | None) -> None:
    key = {"p": first} | ({"s": second} if second else {})
    types = {name: next(iter(value)) for name, value in key.items()}
    found = key_of_document(document_id(key), parse_json(encode_document(key)), types)
    assert found is not None
    assert document_id(found) == document_id(key)
    assert document_id(decode_key(encode_key(found))) == document_id(key)


@pytest.mark.parametrize("not_indexed", [["%5Fp"], ["s"], ["%5Fp", "s"]])
def test_the_key_of_a_hashed_id_is_found_wherever_it_stands(not_indexed: list[str]) -> None:
    key = {"_p": {"S": "x" * 600}, "s": {"N": "7"}}
    document = parse_json(encode_document({**key, "%unindexed": {"M": {"s": {"N": "8"}}}}))
    document["%unindexed"] = {name: document.pop(name) for name in not_indexed}
    document["%unindexed_attributes"] = Number(len(not_indexed))
    assert key_of_document(document_id(key), document, {"_p": "S", "s": "N"}) == key


def test_a_binary_key_is_written_as_text_and_comes_back_as_bytes() -> None:
    key = {"id": {"B": b"\xff\xef"}, "n": {"N": "1"}, "s": {"S": "//8="}}
    assert decode_key(encode_key(key)) == key


@pytest.mark.parametrize("identifier", ["a|b", "%N5", "%Nx", "%H00", "%zz", ""])
def test_an_id_that_no_item_can_have_has_no_key(identifier: str) -> None:
    assert key_of_document(identifier, json.loads("{}"), {"id": "S"}) is None


@pytest.mark.parametrize("field", ["price.eur", "__typename", " ", "_x"])
def test_a_field_that_is_not_spelled_as_the_sync_spells_it_is_a_difference(field: str) -> None:
    """Also where no other field of the page has an escape."""
    assert item_digest({field: {"N": "5"}}) != document_digest(parse_json(json.dumps({field: 5})))
