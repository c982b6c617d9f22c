"""Summary statistics of every column, whole or by group, with SciPy's tests of normality.

Result: `{"columns": {name: summary}}`, and with `by`: `{"groups": [{"key": [...], "rows", "columns"}]}`, the largest
groups first. A number's summary: count, missing, mean, std (n - 1), min, q25, median, q75, max, skew, kurtosis (excess)
and, for whole columns, `normality`: D'Agostino and Pearson's K² from 20 values and Shapiro-Wilk from 3, each with
statistic and p; Shapiro-Wilk on at most 5,000 values, drawn by seed, as its p is not accurate for more (SciPy's
reference). A text's: count, missing, distinct and the ten most frequent values.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scilearn.errors import PermanentError
from scilearn.option_schemas import COLUMN, COLUMNS
from scilearn.outcome import Draw, Outcome
from scilearn.table import Table

OPTIONS: dict[str, dict[str, Any]] = {
    "columns": COLUMNS,
    "by": {"type": "array", "items": COLUMN, "minItems": 1, "maxItems": 3},
    "max_groups": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
}
TOP_VALUES = 10
SHAPIRO_VALUES = 5_000
MAX_PLOTS = 6


def describe(table: Table, options: Mapping[str, Any], seed: int) -> Outcome:
    """Describes the columns (none given: all)."""
    by = list(dict.fromkeys(options.get("by", ())))
    names = options.get("columns") or [name for name in table.frame.columns if name not in by]
    names = list(dict.fromkeys(names))
    table.require([*names, *by])
    if table.frame.empty or not names:
        raise PermanentError("too_few_rows", "There is nothing to describe: no row or no column.")
    summaries = {name: _summary(table.frame[name]) for name in names}
    numeric = [name for name in names if name in table.numeric()]
    for name in numeric:
        summaries[name]["normality"] = normality(table.frame[name].dropna().to_numpy(), seed)
    result: dict[str, Any] = {"columns": summaries}
    if by:
        result |= _groups(table.frame, by, names, options["max_groups"])
    plots = {f"histogram-{number}": _histogram(table.frame[name], name) for number, name in enumerate(numeric, 1)}
    return Outcome(result=result, plots=dict(list(plots.items())[:MAX_PLOTS]))


def _summary(column: "pd.Series[Any]") -> dict[str, Any]:
    known = column.dropna()
    counts = {"count": len(known), "missing": len(column) - len(known)}
    if column.dtype == object:
        top = known.value_counts()
        listed = sorted(top.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP_VALUES]
        return {"kind": "text", **counts, "distinct": len(top), "top": [{"value": v, "count": n} for v, n in listed]}
    if known.empty:
        return {"kind": "number", **counts}
    lower, median, upper = np.quantile(known, [0.25, 0.5, 0.75])
    return {
        "kind": "number",
        **counts,
        "mean": float(known.mean()),
        "std": float(known.std()),
        "min": float(known.min()),
        "q25": lower,
        "median": median,
        "q75": upper,
        "max": float(known.max()),
        "skew": _shape(known, "skew"),
        "kurtosis": _shape(known, "kurtosis"),
    }


def _shape(known: "pd.Series[Any]", which: str) -> float | None:
    """Gives None for a constant column, which has none."""
    if len(known) < 3 or known.min() == known.max():
        return None
    from scipy import stats

    value = float(stats.skew(known) if which == "skew" else stats.kurtosis(known))
    return value if math.isfinite(value) else None


def normality(values: Any, seed: int) -> dict[str, Any]:
    """Gives `{"dagostino": {...}, "shapiro": {...}}`: statistic, p and n of each test that can be done."""
    tests: dict[str, Any] = {}
    if len(values) < 3 or np.ptp(values) == 0:
        return tests
    import warnings

    from scipy import stats

    drawn = values
    if len(values) > SHAPIRO_VALUES:
        drawn = np.random.default_rng(seed).choice(values, SHAPIRO_VALUES, replace=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nearly constant columns; their p is then null
        if len(values) >= 20:
            statistic, p = stats.normaltest(values)
            tests["dagostino"] = {"statistic": float(statistic), "p": float(p), "n": len(values)}
        statistic, p = stats.shapiro(drawn)
        tests["shapiro"] = {"statistic": float(statistic), "p": float(p), "n": len(drawn)}
    return tests


def _groups(frame: pd.DataFrame, by: list[str], names: list[str], most: int) -> dict[str, Any]:
    grouped = frame.groupby(by, dropna=False, sort=True, observed=True)
    sizes = grouped.size().sort_values(ascending=False, kind="stable")
    groups = []
    for key in sizes.index[:most]:
        values = key if isinstance(key, tuple) else (key,)
        part = grouped.get_group(tuple(values))
        shown = [None if pd.isna(value) else value for value in values]
        groups.append({"key": shown, "rows": len(part), "columns": {name: _summary(part[name]) for name in names}})
    return {"by": by, "groups": groups, "groups_left_out": max(0, len(sizes) - most)}


def _histogram(column: "pd.Series[Any]", name: str) -> Draw:
    def draw(axes: Any) -> None:
        axes.hist(column.dropna().to_numpy(), bins=40)
        axes.set(title=f"Distribution of {name[:60]}", xlabel=name[:60], ylabel="rows")

    return draw
