"""The two schemas are one: what the function takes, the API takes; what either refuses never gets lost."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scilearn.analyses import ANALYSES
from scilearn.errors import AnalysisFailedError, PermanentError
from scilearn.option_schemas import COLUMN
from scilearn.request_schema import INPUTS, api_model, checked, input_schema, strict_schema
from tests.images.scilearn_fakes import Service, pipe_event

API = jsonschema.Draft4Validator(api_model())
NOT_FOR_MODELS = {"additionalProperties", "anyOf", "oneOf", "allOf", "not", "exclusiveMinimum", "pattern", "$ref"}
ROWS = [{"x": row % 5, "y": row * 0.5, "c": "ab"[row % 2], "t": row * 86_400} for row in range(30)]
GOOD: list[dict[str, Any]] = [
    {"analysis": "describe", "options": {"by": ["c"]}},
    {"analysis": "regress", "options": {"target": "y", "model": "ridge", "alpha": 2, "folds": 3}},
    {"analysis": "classify", "options": {"target": "c", "features": ["x", "y"]}},
    {"analysis": "cluster", "options": {"max_k": 3}, "seed": 4},
    {"analysis": "anomalies", "options": {"contamination": 0.1, "trees": 10}},
    {"analysis": "forecast", "options": {"time": "t", "value": "y", "horizon": 3}, "max_rows": 1000},
]


@pytest.mark.parametrize(
    ("analysis", "options", "columns"),
    [
        ("describe", {"by": ["c"]}, None),
        ("describe", {"columns": ["x"], "by": ["c", "x"]}, {"x", "c"}),
        ("regress", {"target": "y"}, None),
        ("classify", {"target": "c", "features": ["x", "y"]}, {"c", "x", "y"}),
        ("anomalies", {"features": ["x"]}, {"x"}),
        ("forecast", {"time": "t", "value": "y"}, {"t", "y"}),
    ],
)
def test_only_the_columns_that_a_request_names_are_read_where_it_names_them_all(
    analysis: str, options: dict[str, Any], columns: set[str] | None
) -> None:
    found = ANALYSES[analysis].columns_of(options)
    assert (None if found is None else set(found)) == columns
    assert found is None or len(found) == len(set(found))


@pytest.mark.parametrize("analysis", ANALYSES)
def test_an_analysis_names_each_option_that_names_columns(analysis: str) -> None:
    known = ANALYSES[analysis]
    assert set(known.columns) == {
        name for name, schema in known.options.items() if schema == COLUMN or schema.get("items") == COLUMN
    }


def with_rows(request: dict[str, Any]) -> dict[str, Any]:
    return {**request, "input": {"type": "rows", "rows": ROWS}, "plots": False}


def test_the_model_that_infra_reads_is_the_one_that_the_code_makes() -> None:
    path = Path(__file__).parents[2] / "images/scilearn/api_model.json"
    again = "make it again: cd images && python -m scilearn.request_schema > scilearn/api_model.json"
    assert json.loads(path.read_text()) == api_model(), again


def test_the_model_uses_only_what_api_gateway_takes_and_is_small_enough() -> None:
    def keywords(schema: Any) -> set[str]:
        if not isinstance(schema, dict):
            return set()
        nested = [keywords(value) for value in schema.get("properties", {}).values()]
        return set(schema).union(*nested)

    assert not keywords(api_model()) & NOT_FOR_MODELS
    assert len(json.dumps(api_model())) < 400 * 1024


@pytest.mark.parametrize("schema", [*map(strict_schema, ANALYSES), *map(input_schema, INPUTS), api_model()])
def test_every_schema_is_draft_4(schema: dict[str, Any]) -> None:
    jsonschema.Draft4Validator.check_schema(schema)


@pytest.mark.parametrize("request_", GOOD, ids=lambda request: request["analysis"])
def test_good_requests_pass_both_and_succeed(request_: dict[str, Any]) -> None:
    request = with_rows(request_)
    API.validate(request)
    service = Service()
    assert service.handle(pipe_event(request))["state"] == "succeeded"
    assert service.result()["input"] == {
        "type": "rows",
        "rows_seen": 30,
        "rows_used": 30,
        "sampled": False,
        "columns_left_out": [],
    }


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        ({"analysis": "describe"}, "input"),
        ({"analysis": "nothing", "input": {"type": "rows", "rows": ROWS}}, "analysis"),
        ({"analysis": "describe", "input": {"type": "ftp"}}, "input.type"),
        ({"analysis": "describe", "input": {"type": "rows"}}, "rows"),
        ({"analysis": "describe", "input": {"type": "rows", "rows": []}}, "rows"),
        ({"analysis": "describe", "input": {"type": "rows", "rows": [{"a": [1]}]}}, "input.rows.0.a"),
        ({"analysis": "describe", "input": {"type": "s3", "bucket": "b-1", "key": "k", "format": "xml"}}, "format"),
        ({"analysis": "describe", "input": {"type": "search", "rows": []}}, "input"),
        ({"analysis": "describe", "input": {"type": "search"}, "more": 1}, "additionalProperties"),
        ({"analysis": "regress", "input": {"type": "search"}}, "target"),
        ({"analysis": "regress", "input": {"type": "search"}, "options": {"target": 5}}, "options.target"),
        ({"analysis": "cluster", "input": {"type": "search"}, "options": {"max_k": 31}}, "options.max_k"),
        ({"analysis": "cluster", "input": {"type": "search"}, "options": {"max_k": True}}, "options.max_k"),
        ({"analysis": "cluster", "input": {"type": "search"}, "seed": -1}, "seed"),
    ],
)
def test_a_refusal_says_where_the_request_is_wrong(request_: Any, place: str) -> None:
    with pytest.raises(PermanentError, match="bad_request") as refusal:
        checked(request_)
    assert place in refusal.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = ["analysis", "input", "options", "seed", "max_rows", "plots", "target", "features", "by", "type", "rows", "x"]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    found: list[tuple[Any, Any]] = []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(entries):
        found += [(value, key), *places(inner)]
    return found


@st.composite
def requests(draw: st.DrawFn) -> Any:
    """Anything, or a good request with up to three mutations."""
    if draw(st.integers(0, 5)) == 0:
        return draw(JSON)
    request = with_rows(copy.deepcopy(draw(st.sampled_from(GOOD))))
    request["input"]["rows"] = request["input"]["rows"][: draw(st.sampled_from([1, 9, 30]))]
    request = copy.deepcopy(request)
    for _ in range(draw(st.integers(0, 3))):
        spots = [spot for spot in places(request) if isinstance(spot[0], dict) or draw(st.booleans())]
        container, key = draw(st.sampled_from(spots))
        kind = draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "replace":
            container[key] = draw(JSON)
        elif kind == "remove" and isinstance(container, dict):
            del container[key]
        elif isinstance(container, dict):
            container[draw(st.sampled_from(NAMES) | st.text(max_size=5))] = draw(JSON)
        if not places(request):
            break
    return request


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_every_request_is_refused_by_the_api_or_ends_in_succeeded_or_failed_with_a_reason(request: Any) -> None:
    service = Service()
    try:
        accepted = checked(request) is not None
    except PermanentError:
        accepted = False
    if accepted:
        assert API.is_valid(request), "the API refuses what the function takes"
    service.s3.objects["data", "in/a"] = b"x\n1\n"
    if isinstance(request, dict) and isinstance(request.get("input"), dict) and request["input"].get("type") != "rows":
        request["input"]["type"] = "rows"
    try:
        answer = service.handle(pipe_event(request))
    except AnalysisFailedError:
        status = service.status()
        assert status["state"] == "failed"
        assert set(status["reason"]) == {"code", "message"}
        assert status["reason"]["code"] != "internal_error"
    else:
        assert answer["state"] == "succeeded"
        assert accepted or service.status()["state"] == "succeeded"


@settings(max_examples=200, deadline=None)
@given(requests())
def test_two_validators_of_the_strict_schema_agree(request: Any) -> None:
    """fastjsonschema, which the function uses, against the reference implementation."""
    if not isinstance(request, dict) or request.get("analysis") not in tuple(ANALYSES):
        return
    filled = {"options": {}, **request}
    expected = jsonschema.Draft4Validator(strict_schema(request["analysis"])).is_valid(filled)
    if expected:
        schema = input_schema(filled["input"]["type"])
        expected = jsonschema.Draft4Validator(schema).is_valid(filled["input"])
    try:
        checked(copy.deepcopy(request))
    except PermanentError:
        assert not expected
    else:
        assert expected
