"""What comes out of S3 objects and the index: columns by one rule, samples by seed, and every way in which it fails."""

import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.exceptions import EndpointConnectionError
from opensearchpy.exceptions import ConnectionTimeout, NotFoundError, RequestError

from lambda_kit.index_fields import fields_of
from scilearn.errors import AnalysisFailedError, PermanentError, TransientError
from scilearn.inputs import Inputs, Wanted
from scilearn.limits import Limits
from scilearn.search_input import _body, _flat
from scilearn.table import Table, table_of_rows
from tests.images.scilearn_fakes import REQUEST_ID, FakeIndex, Service, client_error, pipe_event

SQL = "SELECT i AS n, CASE WHEN i % 5 = 0 THEN NULL ELSE i * 1.5 END AS x, 'c' || i % 3 AS c, i % 2 = 0 AS flag"
ALL = Wanted(columns=None, max_rows=100_000, seed=1, may_sample=True)


def written(tmp_path: Path, file_format: str, rows: int = 1_000) -> bytes:
    kind = {"jsonl": "json"}.get(file_format, file_format)
    path = tmp_path / "made"
    connection = duckdb.connect(config={"temp_directory": str(path.parent)})
    connection.execute(f"COPY ({SQL} FROM range({rows}) r(i)) TO '{path}' (FORMAT {kind})")
    return path.read_bytes()


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(directory=tmp_path)


def read(service: Service, source: dict[str, Any], wanted: Wanted = ALL) -> Table:
    inputs: Inputs = service.service.analyse.inputs  # type: ignore[attr-defined]
    return inputs.read(source, wanted)


def s3(key: str, file_format: str) -> dict[str, Any]:
    return {"type": "s3", "bucket": "data", "key": key, "format": file_format}


@pytest.mark.parametrize(
    ("file_format", "packed"), [("csv", False), ("csv", True), ("jsonl", False), ("jsonl", True), ("parquet", False)]
)
def test_every_format_gives_the_same_table(service: Service, tmp_path: Path, file_format: str, packed: bool) -> None:
    content = written(tmp_path, file_format)
    key = "in/file" + (".gz" if packed else "")
    service.s3.objects["data", key] = gzip.compress(content) if packed else content
    frame = read(service, s3(key, file_format)).frame
    assert list(frame["n"][:3]) == [0.0, 1.0, 2.0]
    assert frame["x"].isna().sum() == 200
    assert list(frame["c"][:4]) == ["c0", "c1", "c2", "c0"]
    assert set(frame["flag"]) == ({"true", "false"} if file_format == "csv" else {0.0, 1.0})
    assert not list(tmp_path.glob("tmp*")), "the copy is gone"


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_more_rows_than_allowed_are_sampled_by_seed_and_said_so(
    service: Service, tmp_path: Path, file_format: str
) -> None:
    service.s3.objects["data", "in/f"] = written(tmp_path, file_format, 5_000)
    tables = [
        read(service, s3("in/f", file_format), Wanted(columns=["n"], max_rows=100, seed=seed, may_sample=True))
        for seed in (1, 1, 2)
    ]
    assert [table.summary() for table in tables] == [
        {"rows_seen": 5_000, "rows_used": 100, "sampled": True, "columns_left_out": [], "limit": "max_rows"}
    ] * 3
    first, again, other = (list(table.frame["n"]) for table in tables)
    assert first == again != other
    assert first == sorted(first)
    assert list(tables[0].frame.index) == [int(n) for n in first], "a row keeps its number in the input"


def test_a_sample_is_even_over_the_whole_file(service: Service, tmp_path: Path) -> None:
    service.s3.objects["data", "in/f"] = written(tmp_path, "parquet", 20_000)
    wanted = Wanted(columns=["n"], max_rows=2_000, seed=3, may_sample=True)
    sample = read(service, s3("in/f", "parquet"), wanted).frame["n"]
    quarters = [int(((sample >= low) & (sample < low + 5_000)).sum()) for low in range(0, 20_000, 5_000)]
    assert all(400 <= count <= 600 for count in quarters), quarters


def test_a_late_odd_value_of_a_csv_changes_a_columns_type_and_fails_nothing(service: Service) -> None:
    lines = [f"{row},{row}" for row in range(30_000)] + ["oops,1"]
    service.s3.objects["data", "in/f"] = ("a,b\n" + "\n".join(lines)).encode()
    table = read(service, s3("in/f", "csv"))
    assert table.numeric() == ["b"]


def test_nested_values_of_json_lines_are_left_out_and_mixed_ones_are_texts(service: Service) -> None:
    service.s3.objects["data", "in/f"] = b'{"a": 1, "m": 1, "n": {"x": 1}}\n{"a": 2, "m": "z", "n": null}\n' * 9
    table = read(service, s3("in/f", "jsonl"))
    assert table.left_out == ("n",)
    assert list(table.frame["m"][:2]) == ["1", "z"]


@pytest.mark.parametrize(
    ("content", "file_format"),
    [(b'{"secret": 1}\n{broken', "jsonl"), (b"PAR1 secret", "parquet"), (b"", "parquet"), (b"\xff\xfe\x00", "csv")],
)
def test_what_is_no_such_file_is_a_failure_that_quotes_nothing(
    service: Service, content: bytes, file_format: str
) -> None:
    service.s3.objects["data", "in/f"] = content
    request = {"analysis": "describe", "input": s3("in/f", file_format), "plots": False}
    with pytest.raises(AnalysisFailedError, match=r"input_unreadable|too_few_rows") as failure:
        service.handle(pipe_event(request))
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, "input_missing"),
        (client_error("AccessDenied", 403), "input_denied"),
        (client_error("NoSuchBucket", 404), "input_missing"),
        (client_error("InvalidArgument", 400), "input_unreadable"),
    ],
)
def test_an_object_that_is_not_to_be_had_is_a_failure(service: Service, error: Any, code: str) -> None:
    service.s3.failures.append(error)
    with pytest.raises(PermanentError) as failure:
        read(service, s3("in/nothing", "csv"))
    assert failure.value.code == code


@pytest.mark.parametrize(
    "error",
    [
        client_error("SlowDown", 503),
        client_error("InternalError", 500),
        EndpointConnectionError(endpoint_url="http://a"),
    ],
)
def test_an_s3_that_does_not_answer_is_a_retry(service: Service, error: Any) -> None:
    service.s3.failures.append(error)
    with pytest.raises(TransientError, match="input_unavailable"):
        read(service, s3("in/f", "csv"))


@pytest.mark.parametrize(("bucket", "key"), [("data", "private/x"), ("other", "in/x"), ("data", "../in/x")])
def test_only_the_configured_places_are_read(service: Service, bucket: str, key: str) -> None:
    service.s3.objects[bucket, key] = b"a\n1\n"
    with pytest.raises(PermanentError, match="input_not_allowed"):
        read(service, {"type": "s3", "bucket": bucket, "key": key, "format": "csv"})


def test_an_object_larger_than_the_disk_is_refused_before_it_is_copied(service: Service) -> None:
    class Huge:
        def get_object(self, **_: Any) -> dict[str, Any]:
            return {"ContentLength": 10**18, "Body": None}

    huge = Service(s3=Huge())
    with pytest.raises(PermanentError, match="input_too_large"):
        read(huge, s3("in/f", "csv"))


def test_an_object_that_breaks_off_is_a_retry(service: Service) -> None:
    class Short:
        def get_object(self, **_: Any) -> dict[str, Any]:
            import io

            return {"ContentLength": 10, "Body": io.BytesIO(b"a\n1\n")}

    with pytest.raises(TransientError, match="broke off"):
        read(Service(s3=Short()), s3("in/f", "csv"))


def test_a_forecast_refuses_a_part_of_its_series(service: Service, tmp_path: Path) -> None:
    service.s3.objects["data", "in/f"] = written(tmp_path, "csv")
    wanted = Wanted(columns=["n"], max_rows=100, seed=1, may_sample=False)
    with pytest.raises(PermanentError, match="input_too_large"):
        read(service, s3("in/f", "csv"), wanted)


def test_too_many_columns_for_the_memory_are_refused() -> None:
    limits = Limits(memory_mb=512)
    widest = limits.rows(10**9, texts=100)[0]
    limits.refuse_wide(texts=widest)
    with pytest.raises(PermanentError, match="input_too_large"):
        limits.refuse_wide(texts=widest + 100)


def documents(count: int) -> FakeIndex:
    return FakeIndex({f"d{n:05}": {"n": n, "place": {"city": "ab"[n % 2], "tags": ["x"]}} for n in range(count)})


def test_documents_are_read_page_by_page_and_maps_are_named_with_dots(service: Service) -> None:
    service.index = documents(2_500)
    table = read(service, {"type": "search", "query": "x", "filters": [{"field": "n", "from": 1, "to": 9}]})
    assert len(table.frame) == table.rows_seen == 2_500
    assert list(table.frame.columns) == ["n", "place.city"]
    assert table.left_out == ("place.tags",)
    assert len(service.index.bodies) == 3
    assert service.index.bodies[0]["query"]["bool"]["filter"] == [
        {"bool": {"should": [{"range": {"n": {"gte": 1, "lte": 9}}}]}}
    ]
    assert service.index.open_pits == 0


def test_documents_are_sampled_by_seed_and_end_at_the_row_limit(service: Service) -> None:
    service.index = documents(7_000)
    wanted = [Wanted(columns=["n"], max_rows=200, seed=seed, may_sample=True) for seed in (1, 1, 2)]
    first, again, other = (read(service, {"type": "search"}, each) for each in wanted)
    assert first.summary()["limit"] == "search_row_limit"
    assert (first.rows_seen, len(first.frame)) == (5_000, 200)
    assert list(first.frame["n"]) == list(again.frame["n"]) != list(other.frame["n"])
    assert list(first.frame["n"]) == list(map(float, first.frame.index))
    assert 80 <= (first.frame["n"] < 2_500).sum() <= 120


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (RequestError(400, "parsing_exception", {}), PermanentError, "search_refused"),
        (NotFoundError(404, "index_not_found_exception", {}), TransientError, "search_unavailable"),
        (ConnectionTimeout("TIMEOUT", "x", Exception()), TransientError, "search_unavailable"),
    ],
)
def test_an_index_that_refuses_or_does_not_answer(service: Service, error: Any, kind: Any, code: str) -> None:
    service.index = documents(10)
    service.index.failures.append(error)
    with pytest.raises(kind) as failure:
        read(service, {"type": "search"})
    assert failure.value.code == code
    assert service.index.open_pits == 0


def test_an_s3_object_goes_all_the_way_to_a_result(service: Service, tmp_path: Path) -> None:
    service.s3.objects["data", "in/f"] = written(tmp_path, "parquet", 3_000)
    request = {
        "analysis": "regress",
        "input": s3("in/f", "parquet"),
        "options": {"target": "n", "features": ["c", "x"]},
        "max_rows": 500,
        "plots": False,
    }
    service.handle(pipe_event(request))
    result = service.result(REQUEST_ID)
    assert result["input"]["sampled"] is True
    assert result["result"]["scores"]["r2"]["mean"] > 0.5
    assert table_of_rows([]).frame.empty


def test_names_of_a_search_are_the_attributes_and_not_their_spelling_in_the_index() -> None:
    document = {"%5Fkind": "a", "price%2Eeur": 5, "place": {"%2E": 1, "city": "x"}, "n": 2}

    assert set(_flat(document, None)) == {"_kind", "price.eur", "place..", "place.city", "n"}


TEXT = {"type": "keyword", "copy_to": ["%text"]}
OLD_TEXT = {"type": "text", "fields": {"keyword": {"type": "keyword"}}}
FIELDS = fields_of([{"properties": {
    "%text": {"type": "text"}, "n": {"type": "double", "copy_to": ["%text"]}, "city": TEXT, "old": OLD_TEXT,
    "price%2Eeur": TEXT, "place": {"properties": {"is": TEXT}}, "place%2Eis": TEXT,
}}])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("n", ["n"]),
        ("city", ["city"]),
        ("city.keyword", ["city"]),
        ("old", ["old.keyword"]),
        ("old.keyword", ["old.keyword"]),
        ("price.eur", ["price%2Eeur"]),
        ("place.is", ["place.is", "place%2Eis"]),
    ],
)
def test_a_filter_compares_whole_values_of_every_attribute_that_its_name_can_mean(name: str, paths: list[str]) -> None:
    (filtered,) = _body({"filters": [{"field": name, "equals": 2}]}, None, FIELDS)["query"]["bool"]["filter"]
    assert filtered == {"bool": {"should": [{"term": {path: {"value": 2}}} for path in paths]}}


def test_a_filter_on_what_no_item_has_finds_nothing() -> None:
    (filtered,) = _body({"filters": [{"field": "none", "from": 2}]}, None, FIELDS)["query"]["bool"]["filter"]
    assert filtered == {"match_none": {}}


def test_words_are_looked_for_where_all_values_are_copied_and_in_older_texts() -> None:
    (words,) = _body({"query": "x"}, None, FIELDS)["query"]["bool"]["must"]
    assert words["simple_query_string"]["fields"] == ["%text", "old"]


def test_columns_are_read_from_the_unindexed_part_of_documents_too(service: Service) -> None:
    service.index = FakeIndex({
        "a": {"n": 1, "%unindexed": {"place": {"%2Ex": 2}, "kind": "m"}, "%unindexed_attributes": 2},
        "b": {"n": 2, "kind": "t"},
    })  # fmt: skip
    assert list(read(service, {"type": "search"}).frame.columns) == ["n", "place..x", "kind"]
    table = read(service, {"type": "search"}, Wanted(columns=["kind"], max_rows=9, seed=1, may_sample=True))
    assert list(table.frame["kind"]) == ["m", "t"]
    assert service.index.bodies[-1]["_source"] == ["kind", "%unindexed.kind"]
