"""The search route over a fake index: the query it builds, the answer it gives, the failures it separates."""

import json
from typing import Any

import pytest
from opensearchpy.exceptions import (
    AuthorizationException,
    ConnectionError,
    ConnectionTimeout,
    NotFoundError,
    RequestError,
    TransportError,
)

from changefeed.decode.attribute_values import encode_document
from tests.images.table_api_fakes import Api, event


@pytest.fixture
def api() -> Api:
    return Api()


def filters(api: Api, *conditions: str) -> Any:
    assert api.call("GET", "/search", where=list(conditions))[0] == 200
    return api.index.bodies[-1]["query"]["bool"]["filter"]


def error_info(*types: str) -> dict[str, Any]:
    causes = [{"type": kind, "reason": "Preview of field's value: 'secret'"} for kind in types]
    return {"error": {"type": "search_phase_execution_exception", "root_cause": causes}, "status": 400}


def test_words_must_all_match_in_any_field_and_costly_operators_are_off(api: Api) -> None:
    assert api.call("GET", "/search", q="flight ~late~2") == (200, {"total": "0", "items": []})
    body = api.index.bodies[0]
    words = body["query"]["bool"]["must"][0]["simple_query_string"]
    assert (words["query"], words["fields"], words["default_operator"], words["lenient"]) == (
        "flight ~late~2",
        ["%text", "old"],
        "and",
        True,
    )
    assert not set(words["flags"].split("|")) & {"ALL", "FUZZY", "NEAR", "SLOP"}
    assert (body["size"], body["from"], body["timeout"], body["track_total_hits"]) == (10, 0, "5s", True)


def test_without_words_everything_matches(api: Api) -> None:
    api.call("GET", "/search", q="  ")
    assert api.index.bodies[0]["query"] == {"bool": {"must": [{"match_all": {}}], "filter": []}}


@pytest.mark.parametrize(
    ("condition", "clause"),
    [
        ("name=Test A", {"term": {"name": {"value": "Test A"}}}),
        ("name=5", {"term": {"name": {"value": "5"}}}),
        ("name=", {"term": {"name": {"value": ""}}}),
        ("name=a=b>c", {"term": {"name": {"value": "a=b>c"}}}),
        ("year=2013", {"term": {"year": {"value": 2013.0}}}),
        ("year=2.0130e3", {"term": {"year": {"value": 2013.0}}}),
        ("open=true", {"term": {"open": {"value": "true"}}}),
        ("o.city=NYC", {"term": {"o.city": {"value": "NYC"}}}),
        ("unknown=1", {"match_none": {}}),
        ("unknown>1", {"match_none": {}}),
        ("unknown!=1", {"match_all": {}}),
        (".=1", {"match_none": {}}),
        ("name!=x", {"bool": {"must_not": [{"term": {"name": {"value": "x"}}}]}}),
        ("year>=2013", {"range": {"year": {"gte": 2013.0}}}),
        ("year<-1.5", {"range": {"year": {"lt": -1.5}}}),
        ("year > 2013", {"range": {"year": {"gt": 2013.0}}}),
        ("50%=x", {"term": {"50%25": {"value": "x"}}}),
        ("_id=x", {"term": {"%5Fid": {"value": "x"}}}),
        ("_source=x", {"match_none": {}}),
        ("o.100%=1", {"term": {"o.100%25": {"value": 1.0}}}),
        ("a..b=x", {"term": {"a%2E%2Eb": {"value": "x"}}}),
        ("o..b=x", {"term": {"o.%2Eb": {"value": "x"}}}),
        ("name>m", {"range": {"name": {"gt": "m"}}}),
        ("name<=2013", {"range": {"name": {"lte": "2013"}}}),
        ("old=x", {"term": {"old.keyword": {"value": "x"}}}),
        ("%text=x", {"match_none": {}}),
        ("%unindexed_attributes=1", {"match_none": {}}),
    ],
)
def test_a_condition_compares_a_field_as_the_index_holds_it(api: Api, condition: str, clause: dict[str, Any]) -> None:
    assert filters(api, condition) == [clause]


def test_conditions_add_up(api: Api) -> None:
    assert len(filters(api, "year>=2013", "year<2014", "name=x")) == 3


def test_an_emulator_that_gives_only_the_first_value_still_filters(api: Api) -> None:
    emulated = event("GET", "/search") | {"queryStringParameters": {"where": "name=x"}}
    assert api.answer(emulated)["statusCode"] == 200
    assert len(api.index.bodies[0]["query"]["bool"]["filter"]) == 1


@pytest.mark.parametrize(
    ("sort", "field", "order"),
    [
        ("name", "name", "asc"),
        ("-year", "year", "desc"),
        ("-open", "open", "desc"),
        ("50%", "50%25", "asc"),
        ("old", "old.keyword", "asc"),
    ],
)
def test_sorting_uses_the_sortable_form_of_a_field_and_the_id_to_break_ties(
    api: Api, sort: str, field: str, order: str
) -> None:
    assert api.call("GET", "/search", sort=sort)[0] == 200
    first, last = api.index.bodies[0]["sort"]
    assert first[field]["order"] == order
    assert first[field]["missing"] == "_last"
    assert list(last) == ["id"]


@pytest.mark.parametrize(
    "sort", ["new", ".", "-..", "o", "_source", "50%25", "%text", "%unindexed", "%unindexed_attributes"]
)
def test_sorting_by_what_no_item_has_sorts_by_id(api: Api, sort: str) -> None:
    assert api.call("GET", "/search", sort=sort)[0] == 200
    assert [list(clause) for clause in api.index.bodies[0]["sort"]] == [["id"]]


@pytest.mark.parametrize(
    "query",
    [
        {"size": ["0"]},
        {"size": ["101"]},
        {"size": ["1"], "from": ["10000"]},
        {"from": ["-1"]},
        {"query": ['{"match_all": {}}']},
        {"where": ["name"]},
        {"where": ["=x"]},
        {"where": ["!x"]},
        {"where": [""]},
        {"where": ["year>abc"]},
        {"where": ["year=abc"]},
        {"where": ["year!=abc"]},
        {"where": ["year>1e400"]},
        {"where": ["year>٣"]},
        {"where": ["name=x"] * 11},
        {"where": ["name=" + "x" * 513]},
        {"q": ["x" * 1025]},
        {"q": ["a", "b"]},
        {"q": ["\ud800"]},
        {"sort": [""]},
        {"sort": ["-"]},
    ],
)
def test_a_search_that_makes_no_sense_is_a_400_and_never_reaches_the_index(
    api: Api, query: dict[str, list[str]]
) -> None:
    response = api.answer(event("GET", "/search", query=query))
    assert response["statusCode"] == 400
    assert api.index.bodies == []


def test_found_items_keep_every_digit(api: Api) -> None:
    api.index.answer = """{"timed_out": false, "_shards": {"failed": 0}, "hits": {"total": {"value": 12}, "hits": [
        {"_id": "doc", "_score": 1.50, "_source": {"id": "a", "n": 12345678901234567890123456789012345678.90}},
        {"_id": "b", "_score": null, "_source": {"m": 1E+125, "s": [0.%s1]}}]}}""" % ("0" * 129)
    body = api.answer(event("GET", "/search"))["body"]
    assert body == (
        '{"total":12,"items":[{"id":"a","score":1.50,"item":{"id":"a","n":12345678901234567890123456789012345678.90}},'
        '{"id":"b","score":null,"item":{"m":1E+125,"s":[1E-130]}}]}'
    )


@pytest.mark.parametrize(
    "item",
    [
        {"50%": {"100%": [{"%": 1}]}},
        {"_id": "x", "a..b": {".b": "%41"}},
        {"": "x", " ": {" ": 1}},
        {"a%2Fb": {"_id": 1}},
    ],
)
def test_found_items_have_their_own_names_however_the_index_had_to_write_them(api: Api, item: dict[str, Any]) -> None:
    def attribute(value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return {"M": {name: attribute(part) for name, part in value.items()}}
        if isinstance(value, list):
            return {"L": [attribute(part) for part in value]}
        return {"S": value} if isinstance(value, str) else {"N": str(value)}

    document = encode_document({name: attribute(value) for name, value in item.items()})
    assert json.loads(document) != item
    hit = {"_id": "d", "_score": 1, "_source": json.loads(document)}
    api.index.answer = json.dumps({"hits": {"total": {"value": 1}, "hits": [hit]}})
    body = api.answer(event("GET", "/search"))["body"]
    assert json.loads(body)["items"][0]["item"] == item


def test_an_answer_that_lacks_shards_or_time_says_so(api: Api) -> None:
    api.index.answer = '{"timed_out": true, "hits": {"total": {"value": 0}, "hits": []}}'
    assert api.call("GET", "/search")[1]["partial"] is True
    api.index.answer = '{"_shards": {"failed": 1}, "hits": {"total": {"value": 0}, "hits": []}}'
    assert api.call("GET", "/search")[1]["partial"] is True


def test_a_page_of_large_documents_stays_within_lambdas_answer(api: Api) -> None:
    hits = [{"_id": str(number), "_score": 1, "_source": {"t": "x" * 64_000}} for number in range(100)]
    api.index.answer = json.dumps({"hits": {"total": {"value": 100}, "hits": hits}})
    _, page = api.call("GET", "/search", size="100")
    assert page["total"] == "100"
    assert 1 < len(page["items"]) < 100


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ConnectionError("N/A", "refused", OSError("secret")), 503),
        (ConnectionTimeout("TIMEOUT", "secret", OSError()), 503),
        (NotFoundError(404, "index_not_found_exception", error_info("index_not_found_exception")), 503),
        (AuthorizationException(403, "", {}), 503),
        (RequestError(400, "x", error_info("index_closed_exception")), 503),
        (RequestError(400, "x", error_info("query_shard_exception")), 400),
        (TransportError(500, "x", error_info("too_many_nested_clauses")), 400),
        (TransportError(500, "x", "plain text"), 503),
        (TransportError(429, "x", error_info("rejected_execution_exception")), 429),
        (ValueError("secret"), 500),
    ],
)
def test_failures_of_the_index_are_told_apart_and_echo_nothing(api: Api, failure: Exception, status: int) -> None:
    api.index.failure = failure
    response = api.answer(event("GET", "/search", query={"q": ["secret"]}))
    assert response["statusCode"] == status
    assert json.loads(response["body"])["error"]["hint"]
    assert "secret" not in response["body"] + api.lines[0]


@pytest.mark.parametrize(
    ("status", "kind", "answered"),
    [
        (400, "query_shard_exception", 400),
        (500, "too_many_nested_clauses", 400),
        (400, "index_closed_exception", 503),
        (404, "index_not_found_exception", 503),
        (429, "rejected_execution_exception", 429),
        (503, "search_phase_execution_exception", 503),
    ],
)
def test_an_answer_of_200_that_holds_a_failure_is_one(api: Api, status: int, kind: str, answered: int) -> None:
    """As `_msearch` answers: each search has its own status."""
    api.index.answer = json.dumps(error_info(kind) | {"status": status})
    response = api.answer(event("GET", "/search", query={"q": ["secret"]}))
    assert response["statusCode"] == answered
    assert "secret" not in response["body"] + api.lines[0]


def test_an_answer_says_how_many_documents_of_the_index_are_not_fully_searchable(api: Api) -> None:
    assert "not_fully_searchable" not in api.call("GET", "/search")[1]
    api.index.unindexed = 3
    assert api.call("GET", "/search")[1]["not_fully_searchable"] == "3"


def test_a_found_item_has_its_unindexed_attributes(api: Api) -> None:
    source = {"id": "a", "%unindexed": {"%5Fplace": {"a%2Eb": 1.5}}, "%unindexed_attributes": 1}
    api.index.answer = json.dumps({"hits": {"total": {"value": 1}, "hits": [{"_id": "a", "_source": source}]}})
    (found,) = api.call("GET", "/search")[1]["items"]
    assert found["item"] == {"id": "a", "_place": {"a.b": "1.5"}}


def test_an_answer_that_is_no_json_is_503(api: Api) -> None:
    api.index.answer = "<html>"
    assert api.call("GET", "/search")[0] == 503
