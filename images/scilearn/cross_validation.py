"""Measures scores of folds and the importance of columns, in the shape that results have."""

from collections.abc import Mapping
from typing import Any

import numpy as np

IMPORTANCE_ROWS = 2_000
TOP_COLUMNS = 20


def fold_scores(model: Any, x: Any, y: Any, folds: Any, scorers: Mapping[str, str]) -> tuple[dict[str, Any], Any]:
    """Gives `{score: {"mean", "std", "folds": [...]}}`, and each row's prediction by the model that has not seen it.

    scikit-learn's negated errors are given as errors.
    """
    from sklearn.model_selection import cross_validate

    found = cross_validate(
        model, x, y, cv=folds, scoring=dict(scorers), error_score="raise", return_estimator=True, return_indices=True
    )
    predicted = np.empty(len(y), dtype=y.dtype)
    for fitted, rows in zip(found["estimator"], found["indices"]["test"], strict=True):
        predicted[rows] = fitted.predict(x.iloc[rows] if hasattr(x, "iloc") else x[rows])
    scores = {}
    for name, scorer in scorers.items():
        values = found[f"test_{name}"] * (-1.0 if scorer.startswith("neg_") else 1.0)
        scores[name] = {"mean": float(values.mean()), "std": float(values.std()), "folds": values.tolist()}
    return scores, predicted


def top_importance(model: Any, x: Any, y: Any, seed: int, scorer: str) -> list[dict[str, Any]]:
    """Permutes columns of at most 2,000 rows drawn by seed. Gives `[{"column", "mean", "std"}]`, highest first."""
    from sklearn.inspection import permutation_importance

    drawn = np.sort(np.random.default_rng(seed).permutation(len(y))[:IMPORTANCE_ROWS])
    found = permutation_importance(model, x.iloc[drawn], y[drawn], n_repeats=5, random_state=seed, scoring=scorer)
    order = np.argsort(-found.importances_mean, kind="stable")[:TOP_COLUMNS]
    return [
        {
            "column": str(x.columns[place]),
            "mean": float(found.importances_mean[place]),
            "std": float(found.importances_std[place]),
        }
        for place in order
    ]
