"""Predicts a number from other columns; scores are of rows that the model has not seen (k folds, shuffled by seed).

Models: `linear` (least squares), `ridge` (option `alpha`), `gradient_boosting` (histogram-based trees). Result:
`scores` `{"r2", "mae", "rmse"}` each with mean, std and by fold, `baseline` the same for always saying the mean,
`features`, and of the model fitted on all rows `intercept` and `coefficients` (per standard deviation of a number;
linear, ridge) or `importance` (mean fall of r2 when a column is shuffled, five times; gradient boosting).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scilearn.cross_validation import fold_scores, top_importance
from scilearn.features import choose_features, require_rows
from scilearn.option_schemas import COLUMN, COLUMNS, FOLDS
from scilearn.outcome import Outcome
from scilearn.table import Table

OPTIONS: dict[str, dict[str, Any]] = {
    "target": COLUMN,
    "features": COLUMNS,
    "model": {"type": "string", "enum": ["linear", "ridge", "gradient_boosting"], "default": "linear"},
    "alpha": {"type": "number", "minimum": 0.000001, "maximum": 1_000_000, "default": 1.0},
    "folds": FOLDS,
}
SCORERS = {"r2": "r2", "mae": "neg_mean_absolute_error", "rmse": "neg_root_mean_squared_error"}
PLOTTED_ROWS = 2_000


def regress(table: Table, options: Mapping[str, Any], seed: int) -> Outcome:
    """Cross-validates a model of the target, and the mean as its baseline."""
    from sklearn.dummy import DummyRegressor
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline

    target = options["target"]
    table.require_numeric(target)
    frame = table.frame[table.frame[target].notna()]
    require_rows(len(frame), max(10, 2 * options["folds"]))
    features = choose_features(table, options.get("features"), target=target)
    x, y = features.matrix(frame), frame[target].to_numpy()
    folds = KFold(n_splits=options["folds"], shuffle=True, random_state=seed)
    is_trees = options["model"] == "gradient_boosting"
    model = make_pipeline(features.encoder(scale=not is_trees), _estimator(options, seed))
    scores, predicted = fold_scores(model, x, y, folds, SCORERS)
    baseline, _ = fold_scores(DummyRegressor(), np.zeros((len(y), 1)), y, folds, SCORERS)
    result: dict[str, Any] = {
        "model": options["model"],
        "target": target,
        "rows": len(frame),
        "rows_without_target": len(table.frame) - len(frame),
        "folds": options["folds"],
        "features": features.summary(),
        "scores": scores,
        "baseline": baseline,
    }
    model.fit(x, y)
    if is_trees:
        result["importance"] = top_importance(model, x, y, seed, "r2")
    else:
        names = model[0].get_feature_names_out()
        result["intercept"] = float(model[-1].intercept_)
        result["coefficients"] = dict(zip(map(str, names), map(float, model[-1].coef_), strict=True))

    def draw(axes: Any) -> None:
        shown = np.random.default_rng(seed).permutation(len(y))[:PLOTTED_ROWS]
        axes.scatter(y[shown], predicted[shown], s=6, alpha=0.5)
        axes.axline((float(y.mean()), float(y.mean())), slope=1, color="black", linewidth=1)
        axes.set(title=f"{target[:60]}: predicted without having seen it", xlabel="actual", ylabel="predicted")

    return Outcome(result=result, plots={"predicted": draw})


def _estimator(options: Mapping[str, Any], seed: int) -> Any:
    if options["model"] == "gradient_boosting":
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(random_state=seed)
    from sklearn.linear_model import LinearRegression, Ridge

    return LinearRegression() if options["model"] == "linear" else Ridge(alpha=options["alpha"])
