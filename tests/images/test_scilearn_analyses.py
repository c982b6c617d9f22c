"""Each analysis against what scikit-learn, SciPy or NumPy say themselves of scikit-learn's bundled data."""

import math
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from scipy import stats
from sklearn import datasets
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor, IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import silhouette_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from scilearn.errors import PermanentError
from scilearn.features import choose_features
from scilearn.plots import png
from scilearn.request_schema import checked
from scilearn.table import Table, table_of_rows
from scilearn.work import analysed


def frame_of(load: Any) -> pd.DataFrame:
    frame: pd.DataFrame = load(as_frame=True).frame
    return frame


def table_of(frame: pd.DataFrame) -> Table:
    return table_of_rows(frame.to_dict("records"))


def outcome_of(analysis: str, table: Table, seed: int = 0, **options: Any) -> Any:
    request = {"analysis": analysis, "input": {"type": "search"}, "options": options, "seed": seed}
    return analysed(checked(request), table)


def result_of(analysis: str, table: Table, seed: int = 0, **options: Any) -> Any:
    outcome = outcome_of(analysis, table, seed, **options)
    return orjson.loads(orjson.dumps(outcome.result, option=orjson.OPT_SERIALIZE_NUMPY))


def test_describe_says_what_scipy_says_of_iris() -> None:
    frame = frame_of(datasets.load_iris)
    result = result_of("describe", table_of(frame))["columns"]["sepal length (cm)"]
    column = frame["sepal length (cm)"]
    assert result["mean"] == pytest.approx(column.mean())
    assert result["std"] == pytest.approx(column.std())
    assert [result[name] for name in ("q25", "median", "q75")] == pytest.approx(
        list(column.quantile([0.25, 0.5, 0.75]))
    )
    assert result["skew"] == pytest.approx(stats.skew(column))
    assert result["kurtosis"] == pytest.approx(stats.kurtosis(column))
    assert result["normality"]["shapiro"]["p"] == pytest.approx(stats.shapiro(column).pvalue)
    assert result["normality"]["dagostino"]["statistic"] == pytest.approx(stats.normaltest(column).statistic)


def test_describe_by_group_says_what_pandas_says() -> None:
    frame = frame_of(datasets.load_iris).assign(kind=["even" if row % 2 else "odd" for row in range(150)])
    result = result_of("describe", table_of(frame), columns=["petal width (cm)"], by=["target", "kind"])
    expected = frame.groupby(["target", "kind"])["petal width (cm)"].agg(["size", "mean", "max"])
    assert len(result["groups"]) == 6
    for group in result["groups"]:
        size, mean, largest = expected.loc[tuple(group["key"])]
        summary = group["columns"]["petal width (cm)"]
        assert (group["rows"], summary["mean"], summary["max"]) == (size, pytest.approx(mean), largest)


@pytest.mark.parametrize(
    ("model", "reference"),
    [
        ("linear", make_pipeline(StandardScaler(), LinearRegression())),
        ("ridge", make_pipeline(StandardScaler(), Ridge(alpha=2.5))),
        ("gradient_boosting", HistGradientBoostingRegressor(random_state=7)),
    ],
)
def test_regress_scores_are_scikit_learns_own_on_diabetes(model: str, reference: Any) -> None:
    frame = frame_of(datasets.load_diabetes)
    result = result_of("regress", table_of(frame), seed=7, target="target", model=model, alpha=2.5)
    folds = KFold(n_splits=5, shuffle=True, random_state=7)
    with threadpool_limits(limits=1):
        expected = cross_val_score(reference, frame.drop(columns="target"), frame["target"], cv=folds, scoring="r2")
    assert result["scores"]["r2"]["folds"] == pytest.approx(list(expected), abs=1e-9)
    assert result["baseline"]["r2"]["mean"] < 0.05 < result["scores"]["r2"]["mean"]


def test_classify_scores_are_scikit_learns_own_on_wine() -> None:
    frame = frame_of(datasets.load_wine)
    result = result_of("classify", table_of(frame), seed=3, target="target")
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=3)
    reference = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    x, y = frame.drop(columns="target"), frame["target"].astype(str)
    assert result["scores"]["accuracy"]["folds"] == pytest.approx(list(cross_val_score(reference, x, y, cv=folds)))
    assert np.sum(result["confusion"]) == 178
    assert np.trace(result["confusion"]) / 178 == pytest.approx(result["scores"]["accuracy"]["mean"], abs=0.01)


def test_cluster_chooses_the_silhouettes_best_k_on_iris() -> None:
    frame = frame_of(datasets.load_iris).drop(columns="target")
    result = result_of("cluster", table_of(frame), seed=1, max_k=5)
    x = StandardScaler().fit_transform(frame)
    expected = {
        str(k): silhouette_score(x, KMeans(n_clusters=k, n_init=10, random_state=1).fit_predict(x)) for k in range(2, 6)
    }
    assert result["silhouettes"] == pytest.approx(expected)
    assert result["k"] == 2
    assert sum(part["rows"] for part in result["clusters"]) == 150
    assert result["clusters"][0]["rows"] == 100  # setosa is apart, the other two species are one group


def test_anomalies_are_the_isolation_forests_own_on_breast_cancer() -> None:
    frame = frame_of(datasets.load_breast_cancer).drop(columns="target")
    result = result_of("anomalies", table_of(frame), seed=5, contamination=0.03, most=10)
    forest = IsolationForest(n_estimators=100, contamination=0.03, random_state=5).fit(frame.to_numpy())
    scores = forest.score_samples(frame.to_numpy())
    assert result["anomalies"] == int((forest.predict(frame.to_numpy()) == -1).sum())
    assert [row["row"] for row in result["rows"]] == list(np.argsort(scores, kind="stable")[:10])
    assert result["rows"][0]["score"] == pytest.approx(scores.min())


def hourly(values: list[float]) -> Table:
    times = pd.date_range("2026-01-01", periods=len(values), freq="h", tz="UTC")
    return table_of_rows([{"t": time.isoformat(), "v": value} for time, value in zip(times, values, strict=True)])


def test_forecast_of_a_pure_season_is_the_season_without_an_error() -> None:
    table = hourly([float(hour % 24) for hour in range(24 * 20)])
    result = result_of("forecast", table, time="t", value="v", frequency="hour", season=24, horizon=30)
    assert result["rule"] == "seasonal"
    assert result["backtest"]["seasonal"]["mae"] == 0
    assert [step["value"] for step in result["forecast"]] == [float(hour % 24) for hour in range(30)]
    assert result["forecast"][0]["time"] == "2026-01-21T00:00:00+00:00"


def test_forecast_of_a_line_is_the_line() -> None:
    result = result_of("forecast", hourly([2.0 * hour for hour in range(100)]), time="t", value="v", frequency="hour")
    assert result["rule"] == "drift"
    assert result["forecast"][13]["value"] == pytest.approx(2.0 * 113)


def test_forecast_of_noise_admits_that_it_is_no_better_than_the_last_value() -> None:
    walk = np.cumsum(np.random.default_rng(0).normal(size=500))
    result = result_of("forecast", hourly(list(map(float, walk))), time="t", value="v", frequency="hour", horizon=1)
    naive = np.abs(np.diff(walk)).mean()
    origins = np.unique(np.linspace(250, 499, 20).astype(int))
    expected = np.mean([abs(walk[origin] - walk[origin - 1]) for origin in origins]) / naive
    assert result["backtest"]["last"]["mase"] == pytest.approx(expected)
    assert result["forecast"][0]["low"] <= result["forecast"][0]["value"] <= result["forecast"][0]["high"]


def test_the_backtest_never_sees_what_it_forecasts() -> None:
    values = [float(hour) for hour in range(99)] + [1e9]
    result = result_of("forecast", hourly(values), time="t", value="v", frequency="hour", horizon=1)
    assert result["backtest"]["drift"]["mae"] > 1e6, "the jump at the end must count as an error"


ODD_ROWS: list[dict[str, Any]] = [
    {"n": None if row % 7 == 0 else row * 1.5, "c": ["a", "b", None][row % 3], "flag": row % 2 == 0, "id": f"id-{row}"}
    for row in range(120)
]


@pytest.mark.parametrize("analysis", ["regress", "classify", "cluster", "anomalies", "describe"])
def test_missing_values_categories_and_ids_are_handled_one_way(analysis: str) -> None:
    options: dict[str, Any] = {"regress": {"target": "n"}, "classify": {"target": "c"}}.get(analysis, {})
    result = result_of(analysis, table_of_rows(ODD_ROWS), **options)
    if analysis != "describe":
        assert result["features"]["left_out"] == {"id": "nearly_all_different"}
    if options:
        assert result["rows"] + result["rows_without_target"] == 120
        assert result["rows_without_target"] == {"regress": 18, "classify": 40}[analysis]


@pytest.mark.parametrize("analysis", ["describe", "regress", "classify", "cluster", "anomalies"])
def test_the_same_seed_gives_the_same_bytes_and_plots(analysis: str) -> None:
    table = table_of(frame_of(datasets.load_wine))
    options: dict[str, Any] = {"target": "target"} if analysis in ("regress", "classify") else {}
    first, second = (outcome_of(analysis, table, 11, **options) for _ in range(2))
    assert orjson.dumps(first.result, option=orjson.OPT_SERIALIZE_NUMPY) == orjson.dumps(
        second.result, option=orjson.OPT_SERIALIZE_NUMPY
    )
    name = next(iter(first.plots))
    assert png(first.plots[name]) == png(second.plots[name])
    assert png(first.plots[name]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("analysis", "options", "rows", "code"),
    [
        ("regress", {"target": "nowhere"}, ODD_ROWS, "unknown_column"),
        ("regress", {"target": "c"}, ODD_ROWS, "not_a_number"),
        ("regress", {"target": "n", "features": ["n"]}, ODD_ROWS, "bad_request"),
        ("regress", {"target": "n"}, ODD_ROWS[:5], "too_few_rows"),
        ("regress", {"target": "n"}, [{"n": row, "x": 1} for row in range(50)], "no_features"),
        ("classify", {"target": "id"}, ODD_ROWS, "wrong_classes"),
        ("classify", {"target": "c"}, [{"c": "a", "x": row} for row in range(30)], "wrong_classes"),
        ("cluster", {"min_k": 5, "max_k": 3}, ODD_ROWS, "bad_request"),
        ("cluster", {}, [{"x": row % 2} for row in range(50)], "too_few_rows"),
        ("anomalies", {}, ODD_ROWS[:3], "too_few_rows"),
        ("forecast", {"time": "id", "value": "n"}, ODD_ROWS, "not_a_time"),
        ("forecast", {"time": "n", "value": "flag"}, ODD_ROWS[:8], "too_few_rows"),
        ("forecast", {"time": "t", "value": "v"}, [{"t": d * 1e7, "v": d} for d in range(20)], "too_many_gaps"),
        ("forecast", {"time": "t", "value": "v"}, [{"t": d * 1e14, "v": d} for d in range(20)], "not_a_time"),
        ("forecast", {"time": "t", "value": "v", "frequency": "minute"}, [{"t": d * 1e7, "v": 1} for d in range(20)],
         "too_many_steps"),
        ("describe", {"columns": ["m"]}, [{"m": {"a": 1}}], "unknown_column"),
    ],
)  # fmt: skip
def test_data_that_can_not_be_analysed_is_a_failure_with_a_reason(
    analysis: str, options: Any, rows: Any, code: str
) -> None:
    with pytest.raises(PermanentError) as failure:
        result_of(analysis, table_of_rows(rows), **options)
    assert failure.value.code == code


def test_values_become_columns_by_the_documented_rule() -> None:
    rows: list[dict[str, Any]] = [
        {"number": 1, "flag": True, "mixed": 1, "big": 10**400, "nested": [1], "text": "a" * 300},
        {"number": 2.5, "flag": None, "mixed": "x", "big": 1.0},
    ]
    table = table_of_rows(rows)
    assert table.left_out == ("nested",)
    assert list(table.frame["number"]) == [1.0, 2.5]
    assert table.frame["flag"][0] == 1.0
    assert math.isnan(table.frame["flag"][1])
    assert list(table.frame["mixed"]) == ["1", "x"]
    assert math.isnan(table.frame["big"][0])
    assert [value and len(value) for value in table.frame["text"]] == [200, None]


def test_missing_numbers_get_the_median_and_missing_texts_a_category_of_their_own() -> None:
    rows: list[dict[str, Any]] = [{"n": n, "c": c} for n, c in ((1, "a"), (2, "b"), (9, None), (None, "a"))]
    table = table_of_rows(rows)
    features = choose_features(table, None)
    encoder = features.encoder(scale=False)
    encoded = encoder.fit_transform(features.matrix(table.frame))
    assert list(encoded[:, 0]) == [1, 2, 9, 2]
    assert list(encoder.get_feature_names_out()) == ["n", "c_(missing)", "c_a", "c_b"]


def test_what_the_libraries_refuse_is_a_failure_that_quotes_nothing() -> None:
    rows: list[dict[str, Any]] = [{"n": row, "x": (-1) ** row * 1.7e308} for row in range(30)]
    with pytest.raises(PermanentError, match="not_computable") as failure:
        result_of("regress", table_of_rows(rows), target="n")
    assert "1.7" not in str(failure.value)
