"""Continues a series by the best of three simple rules, and says how well each did on the series' own past.

The rows are put into steps of `frequency` (their mean, or sum); steps without a row are interpolated, and more than a
fifth of them is refused. Rules: `last` (the last value), `drift` (the line from the first to the last value),
`seasonal` (the value one `season` before; only with a season). Back-test: from up to 20 origins in the second half,
each rule forecasts the next `horizon` steps (or what is left) without having seen them; the lowest mean absolute
error wins. Result: `rule`, `backtest` `{rule: {"mae", "rmse", "mase"}}` (mase: against `last` one step ahead on the
whole series; 1 or more means no better), `forecast` `[{"time", "value", "low", "high"}]`, the bounds being the 10 %
and 90 % quantiles of the back-test's errors at that step or before: what happened, no promise.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scilearn.errors import PermanentError
from scilearn.features import require_rows
from scilearn.option_schemas import COLUMN
from scilearn.outcome import Outcome
from scilearn.table import Table

OPTIONS: dict[str, dict[str, Any]] = {
    "time": COLUMN,
    "value": COLUMN,
    "frequency": {"type": "string", "enum": ["minute", "hour", "day", "week", "month"], "default": "day"},
    "aggregate": {"type": "string", "enum": ["mean", "sum"], "default": "mean"},
    "season": {"type": "integer", "minimum": 2, "maximum": 1_000},
    "horizon": {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 14},
}
STEPS = {"minute": "min", "hour": "h", "day": "D", "week": "W-MON", "month": "MS"}
MAX_STEPS = 200_000
MOST_MISSING = 0.2
ORIGINS = 20
Rule = Callable[[Any, int], Any]


def forecast(table: Table, options: Mapping[str, Any], _seed: int) -> Outcome:
    """Forecasts the value for `horizon` steps after the last."""
    series, interpolated = _series(table, options)
    season, horizon = options.get("season"), options["horizon"]
    require_rows(len(series), max(10, 2 * season + 2 if season else 0))
    values = series.to_numpy()
    rules: dict[str, Rule] = {"last": _last, "drift": _drift}
    if season:
        rules["seasonal"] = lambda past, steps: np.resize(past[-season:], steps)
    origins = np.unique(np.linspace(max(len(values) // 2, season or 1, 2), len(values) - 1, ORIGINS).astype(int))
    errors = {name: _errors(rule, values, origins, horizon) for name, rule in rules.items()}
    naive = float(np.abs(np.diff(values)).mean())
    backtest = {name: _told(found, naive) for name, found in errors.items()}
    rule = min(backtest, key=lambda name: float(backtest[name]["mae"] or 0.0))
    low, high = _bounds(errors[rule], horizon)
    ahead = rules[rule](values, horizon)
    times = pd.date_range(series.index[-1], periods=horizon + 1, freq=STEPS[options["frequency"]])[1:]
    steps = [
        {"time": time.isoformat(), "value": float(value), "low": float(value + down), "high": float(value + up)}
        for time, value, down, up in zip(times, ahead, low, high, strict=True)
    ]
    result = {
        "rule": rule,
        "steps": len(series),
        "steps_interpolated": interpolated,
        "first": series.index[0].isoformat(),
        "last": series.index[-1].isoformat(),
        "origins": len(origins),
        "backtest": backtest,
        "forecast": steps,
    }

    def draw(axes: Any) -> None:
        shown = series.iloc[-max(5 * horizon, 60) :]
        axes.plot(shown.index, shown.to_numpy(), linewidth=1)
        axes.plot(times, ahead, linewidth=1, color="black")
        axes.fill_between(times, ahead + low, ahead + high, alpha=0.2, color="black")
        axes.set(title=f"{options['value'][:60]}: {rule}", ylabel=options["value"][:60])
        axes.tick_params(axis="x", rotation=45)

    return Outcome(result=result, plots={"forecast": draw})


def _series(table: Table, options: Mapping[str, Any]) -> tuple["pd.Series[float]", int]:
    table.require([options["time"]])
    values = table.require_numeric(options["value"])
    column = table.frame[options["time"]]
    try:
        if column.dtype == object:
            times = pd.to_datetime(column, utc=True, format="ISO8601")
        else:
            times = pd.to_datetime(column, utc=True, unit="s")
    except (ValueError, OverflowError):
        text = "The time column holds neither ISO 8601 times nor seconds since 1970."
        raise PermanentError("not_a_time", text) from None
    known = values.notna() & times.notna()
    require_rows(int(known.sum()), 10)
    placed = pd.Series(values[known].to_numpy(), index=pd.DatetimeIndex(times[known])).sort_index()
    span = (placed.index[-1] - placed.index[0]).total_seconds()
    if span / {"minute": 60, "hour": 3_600}.get(options["frequency"], 86_400) > MAX_STEPS:
        raise PermanentError(
            "too_many_steps", f"The times span more than {MAX_STEPS} steps: choose a longer frequency."
        )
    rule = placed.resample(STEPS[options["frequency"]], label="left", closed="left")
    stepped = rule.mean() if options["aggregate"] == "mean" else rule.sum(min_count=1)
    gaps = int(stepped.isna().sum())
    if gaps > MOST_MISSING * len(stepped):
        raise PermanentError("too_many_gaps", f"{gaps} of {len(stepped)} steps have no row: choose a longer frequency.")
    return stepped.interpolate(), gaps


def _last(past: Any, steps: int) -> Any:
    return np.full(steps, past[-1])


def _drift(past: Any, steps: int) -> Any:
    slope = (past[-1] - past[0]) / (len(past) - 1)
    return past[-1] + slope * np.arange(1, steps + 1)


def _errors(rule: Rule, values: Any, origins: Any, horizon: int) -> list[Any]:
    """Actual minus forecast, an array for each origin: what was known there is `values[:origin]`."""
    found = []
    for origin in origins:
        actual = values[origin : origin + horizon]
        found.append(actual - rule(values[:origin], len(actual)))
    return found


def _told(errors: list[Any], naive: float) -> dict[str, float | None]:
    every = np.concatenate(errors)
    mae = float(np.abs(every).mean())
    return {"mae": mae, "rmse": float(np.sqrt((every**2).mean())), "mase": mae / naive if naive > 0 else None}


def _bounds(errors: list[Any], horizon: int) -> tuple[Any, Any]:
    """Quantiles for each step ahead, widening only: a later step is never surer than an earlier one."""
    low: list[float] = []
    high: list[float] = []
    for step in range(horizon):
        at_step = [found[step] for found in errors if len(found) > step]
        down, up = np.quantile(at_step, [0.1, 0.9]) if at_step else (0.0, 0.0)
        low.append(min([float(down), 0.0, *low[-1:]]))
        high.append(max([float(up), 0.0, *high[-1:]]))
    return np.array(low), np.array(high)
