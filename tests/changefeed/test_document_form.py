"""What is left out of the index in each form, and that nothing is left out of the document."""

import json
from typing import Any

import pytest

from changefeed.write.document_form import Form, encode_narrowed

PLAIN: dict[str, Any] = {
    "text": {"S": "x"},
    "number": {"N": "1.10"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"L": [{"N": "1"}, {"N": "2.5"}]},
    "nothing": {"NULL": True},
    "empty": {"L": []},
}
OTHERS: dict[str, Any] = {
    "map": {"M": {"a": {"N": "1.10"}}},
    "mixed": {"L": [{"N": "1"}, {"S": "a"}]},
    "maps": {"L": [{"M": {}}, {"M": {}}]},
    "lists": {"L": [{"L": []}, {"L": []}]},
}


def in_form(image: dict[str, Any], form: Form, *key_names: str) -> dict[str, Any]:
    return dict(json.loads(encode_narrowed(image, form, key_names), parse_float=str, parse_int=str))


def test_maps_and_mixed_lists_are_left_out_first_and_then_all_but_the_key() -> None:
    plain = in_form(PLAIN | OTHERS, Form.PLAIN_VALUES, "text")
    assert plain.keys() == {*PLAIN, "%unindexed", "%unindexed_attributes"}
    assert plain["%unindexed"].keys() == OTHERS.keys()
    assert plain["%unindexed"]["map"] == {"a": "1.10"}, "to the last digit"
    assert plain["%unindexed_attributes"] == "4"
    key = in_form(PLAIN | OTHERS, Form.KEY, "text")
    assert key.keys() == {"text", "%unindexed", "%unindexed_attributes"}
    assert key["%unindexed_attributes"] == "9"


def test_where_no_map_can_be_the_reason_all_but_the_key_is_left_out_at_once() -> None:
    assert in_form(PLAIN, Form.PLAIN_VALUES, "text") == in_form(PLAIN, Form.KEY, "text")
    assert in_form(PLAIN, Form.KEY, "text").keys() == {"text", "%unindexed", "%unindexed_attributes"}


@pytest.mark.parametrize("form", [Form.PLAIN_VALUES, Form.KEY])
def test_the_key_alone_has_no_part_that_could_be_left_out(form: Form) -> None:
    assert in_form({"id": {"S": "a"}}, form, "id") == {"id": "a"}


def test_names_are_escaped_there_as_everywhere() -> None:
    document = in_form({"id": {"S": "a"}, "_a.b": {"M": {"_c": {"S": "x"}}}}, Form.PLAIN_VALUES, "id")
    assert document["%unindexed"] == {"%5Fa%2Eb": {"_c": "x"}}
