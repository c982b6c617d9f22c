"""The API's search over a real node: whatever items the index has met, words, conditions and order still work."""

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from changefeed.create_index import create_index
from lambda_kit.search_client import create_search_client
from local.services.opensearch_node import OpenSearchNode
from table_api.item_search import ItemSearch, lossless
from tests.images.table_api_fakes import Api
from tests.search_node import running_node

pytestmark = pytest.mark.local
IMAGES = Path(__file__).parents[2] / "images"
DEFINITION = json.loads((IMAGES / "sync_dynamodb_stream" / "index.json").read_text())
OLD_TEXT = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 1024}}}
OLD_NUMBER = {"type": "double", "ignore_malformed": True}
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


class Searched:
    """A fresh index, what is written into it, and the API that searches it."""

    def __init__(self, url: str, definition: Mapping[str, Any] = DEFINITION) -> None:
        self._client = create_search_client(url, "eu-west-1")
        self.name = f"searched-{next(NUMBERS)}"
        self.url = f"{url}/{self.name}"
        self.define(definition)
        api = Api()
        search = ItemSearch(alias=self.name, client=lambda: lossless(create_search_client(url, "eu-west-1")))
        object.__setattr__(api.api, "search", search)
        self._api = api

    def define(self, definition: Mapping[str, Any]) -> None:
        create_index(self._client, index=self.name, alias=None, definition=definition)

    def write(self, *documents: Mapping[str, Any], status: int = 201) -> None:
        for document in documents:
            answer = requests.put(f"{self.url}/_doc/{document['id']}", json=document, timeout=20)
            assert answer.status_code == status, answer.text
        requests.post(f"{self.url}/_refresh", timeout=20).raise_for_status()

    def answer(self, **query: str | list[str]) -> tuple[int, Any]:
        return self._api.call("GET", "/search", size="100", **query)

    def found(self, **query: str | list[str]) -> list[str]:
        """The ids found, in their order where the search asks for one."""
        status, answer = self.answer(**query)
        assert status == 200, answer
        assert "partial" not in answer
        ids = [hit["id"] for hit in answer["items"]]
        return ids if "sort" in query else sorted(ids)


@pytest.fixture(scope="module")
def searched(node: OpenSearchNode) -> Searched:
    index = Searched(node.url)
    index.write(
        {"id": "number", "zip": 10115, "n": 64.28, "year": 2013},
        {"id": "text", "zip": "SW1A 1AA", "n": [1, "one and a half"], "year": "MMXIII"},
        {"id": "long", "story": f"once {'upon a time ' * 500} happily", "year": 1999},
        {"id": "city", "where": {"city": "Los Angeles International", "tags": ["wet", "warm"]}, "sku": "SKU-000123"},
        {"id": "flag", "open": True, "x": "alpha", "y": [{"z": "beta"}, {"z": "gamma"}]},
        {"id": "no flag", "open": "ajar"},
    )
    return index


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("10115", ["number"]),
        ("64.28", ["number"]),
        ("2013", ["number"]),
        ("SW1A", ["text"]),
        ('"sw1a 1aa"', ["text"]),
        ("half", ["text"]),
        ("happily", ["long"]),
        ("once happily", ["long"]),
        ("angeles wet", ["city"]),
        ('"Los Angeles"', ["city"]),
        ('"angeles los"', []),
        ("inter*", ["city"]),
        ("Los-Ang*", ["city"]),
        ("SKU-0001*", ["city"]),
        ("alpha gamma", ["flag"]),
        ('"alpha beta"', []),
        ("alpha -beta", []),
        ("alpha | wet", ["city", "flag"]),
        ("ajar", ["no flag"]),
        ("zip", []),
    ],
)
def test_words_are_found_in_every_attribute_whatever_its_field_can_hold(
    searched: Searched, words: str, found: list[str]
) -> None:
    assert searched.found(q=words) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("where.city=Los Angeles International", ["city"]),
        ("where.city=Los Angeles", []),
        ("where.tags=warm", ["city"]),
        ("zip=10115", ["number"]),
        ("zip>=10000", ["number"]),
        ("n=1", ["text"]),
        ("open=true", ["flag"]),
        ("open=ajar", ["no flag"]),
        ("sku>=SKU-0001", ["city"]),
    ],
)
def test_conditions_compare_whole_values(searched: Searched, condition: str, found: list[str]) -> None:
    assert searched.found(where=condition) == found


def test_a_text_in_a_numbers_field_is_out_of_a_conditions_sight_and_the_answer_says_so(searched: Searched) -> None:
    status, answer = searched.answer(where="zip=SW1A 1AA")
    assert (status, answer["error"]["code"]) == (400, "invalid_condition")
    assert "`q`" in answer["error"]["hint"]
    assert searched.found(q='"SW1A 1AA"') == ["text"]


def test_items_without_a_comparable_value_come_last(searched: Searched) -> None:
    assert searched.found(sort="year")[:2] == ["long", "number"]
    assert searched.found(sort="-sku")[0] == "city"


def test_one_item_of_520_texts_breaks_no_search(node: OpenSearchNode) -> None:
    index = Searched(node.url)
    index.write({"id": "wide"} | {f"attribute {number}": f"zebra {number}" for number in range(520)})
    index.write({"id": "other", "name": "a zebra"})
    assert index.found(q="zebra") == ["other", "wide"]
    assert index.found(q=" ".join(f"zebra {number}" for number in range(85))) == ["wide"]


def test_an_index_of_1500_attributes_and_one_at_its_limit_find_words(node: OpenSearchNode) -> None:
    index = Searched(node.url)
    kinds: list[Any] = ["zebra", 7, True]
    index.write({"id": "wide"} | {f"attribute {number}": kinds[number % 3] for number in range(1_500)})
    index.write({"id": "other", "name": "a zebra", "number": 7})
    assert index.found(q="zebra 7") == ["other", "wide"]
    index.write({"id": "too wide"} | {f"more {number}": "zebra" for number in range(520)}, status=400)
    index.write({"id": "wider"} | {f"more {number}": "zebra" for number in range(490)})
    assert index.found(q="zebra") == ["other", "wide", "wider"]
    assert index.found(q="zebra", where="name=a zebra", sort="attribute 0") == ["other"]


@pytest.mark.parametrize("count", [24, 200, 512])
def test_a_search_of_many_words_is_answered(searched: Searched, count: int) -> None:
    assert searched.found(q=" ".join("ab"[number % 2] for number in range(count))[:1024]) == []


@pytest.mark.parametrize("text", ["鹿" * 1024, "a-" * 512, "a* " * 341, "-" * 1024, '"' * 1024, "(a|" * 341])
def test_no_text_of_a_search_is_too_much_for_the_index(searched: Searched, text: str) -> None:
    assert searched.answer(q=text)[0] == 200


def test_a_search_of_1000_words_is_refused_by_its_length(searched: Searched) -> None:
    status, answer = searched.answer(q=" ".join(["word"] * 1_000))
    assert (status, answer["error"]["code"]) == (400, "invalid_parameter")
    assert "1024 characters" in answer["error"]["message"]


def old_definition() -> dict[str, Any]:
    """The definition of indexes made before words had a field of their own."""
    templates = [{"numbers": {"match_mapping_type": kind, "mapping": OLD_NUMBER}} for kind in ("long", "double")] + [
        {"texts": {"match_mapping_type": "string", "mapping": OLD_TEXT}}
    ]
    definition: dict[str, Any] = DEFINITION | {"mappings": {"dynamic_templates": templates}}
    return definition


@pytest.mark.parametrize("updated", [False, True])
def test_an_index_made_before_is_searched_as_it_was(node: OpenSearchNode, updated: bool) -> None:
    index = Searched(node.url, old_definition())
    index.write({"id": "old", "name": "Los Angeles", "n": 5})
    if updated:  # as `pulumi up` does
        index.define(DEFINITION)
    index.write({"id": "new", "name": "New York", "n": 6, "remark": "late angeles", "%unindexed_attributes": 5})
    assert index.found(q="angeles") == ["new", "old"]
    assert index.found(q="late york") == ["new"]
    assert index.found(q="5") == ["old"]
    assert index.found(where="name=New York") == ["new"]
    assert index.found(where="remark=late angeles") == ["new"]
    assert index.found(sort="name") == ["old", "new"]


def test_an_index_made_before_says_how_many_words_it_can_look_for(node: OpenSearchNode) -> None:
    index = Searched(node.url, old_definition())
    index.write({"id": "wide"} | {f"attribute {number}": "zebra" for number in range(300)})
    assert index.found(q="zebra zebra") == ["wide"]
    status, answer = index.answer(q="a b c d")
    assert (status, answer["error"]["code"]) == (400, "too_many_words")
    assert "3 words" in answer["error"]["message"]


def test_documents_that_are_not_fully_searchable_are_counted_and_whole(node: OpenSearchNode) -> None:
    index = Searched(node.url)
    index.write({"id": "a", "place": "here"})
    assert "not_fully_searchable" not in index.answer(q="here")[1]
    unindexed = {"place": {"price%2Eeur": 1.50}}
    index.write({"id": "b", "name": "x", "%unindexed": unindexed, "%unindexed_attributes": 1})
    assert index.answer(q="here")[1]["not_fully_searchable"] == "1"
    _, answer = index.answer(q="x")
    assert answer["items"][0]["item"] == {"id": "b", "name": "x", "place": {"price.eur": "1.5"}}
