"""Predicts a class from other columns; scores are of rows that the model has not seen (stratified folds, by seed).

Models: `logistic`, `gradient_boosting`. Numbers as classes become texts. Result: `classes`, `scores` `{"accuracy",
"balanced_accuracy", "f1_macro"}` each with mean, std and by fold, `baseline` the same for always saying the most
frequent class, `confusion` (rows: actual, columns: predicted, in the order of `classes`), `importance`, `features`.
Fewer folds than asked are used when a class has fewer rows; `folds` says how many.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scilearn.cross_validation import fold_scores, top_importance
from scilearn.errors import PermanentError
from scilearn.features import choose_features, require_rows
from scilearn.option_schemas import COLUMN, COLUMNS, FOLDS
from scilearn.outcome import Outcome
from scilearn.table import Table, class_texts

OPTIONS: dict[str, dict[str, Any]] = {
    "target": COLUMN,
    "features": COLUMNS,
    "model": {"type": "string", "enum": ["logistic", "gradient_boosting"], "default": "logistic"},
    "folds": FOLDS,
}
SCORERS = {"accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "f1_macro": "f1_macro"}
MAX_CLASSES = 50


def classify(table: Table, options: Mapping[str, Any], seed: int) -> Outcome:
    """Cross-validates a model of the target, and the most frequent class as its baseline."""
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import confusion_matrix
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline

    target = options["target"]
    table.require([target])
    frame = table.frame[table.frame[target].notna()]
    require_rows(len(frame), 10)
    y = class_texts(frame[target])
    classes, sizes = np.unique(y, return_counts=True)
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise PermanentError("wrong_classes", f"The target has {len(classes)} classes, not 2 to {MAX_CLASSES}.")
    if sizes.min() < 2:
        raise PermanentError("wrong_classes", "A class of the target has one row only: it can't be learned and tested.")
    features = choose_features(table, options.get("features"), target=target)
    x = features.matrix(frame)
    folds = StratifiedKFold(n_splits=min(options["folds"], int(sizes.min())), shuffle=True, random_state=seed)
    is_trees = options["model"] == "gradient_boosting"
    model = make_pipeline(features.encoder(scale=not is_trees), _estimator(options["model"], seed))
    scores, predicted = fold_scores(model, x, y, folds, SCORERS)
    baseline, _ = fold_scores(DummyClassifier(), np.zeros((len(y), 1)), y, folds, SCORERS)
    confusion = confusion_matrix(y, predicted, labels=classes)
    result: dict[str, Any] = {
        "model": options["model"],
        "target": target,
        "rows": len(frame),
        "rows_without_target": len(table.frame) - len(frame),
        "classes": [{"class": str(name), "rows": int(size)} for name, size in zip(classes, sizes, strict=True)],
        "folds": folds.get_n_splits(),
        "features": features.summary(),
        "scores": scores,
        "baseline": baseline,
        "confusion": confusion.tolist(),
    }
    model.fit(x, y)
    result["importance"] = top_importance(model, x, y, seed, "accuracy")

    def draw(axes: Any) -> None:
        names = [str(name)[:20] for name in classes]
        axes.imshow(confusion / confusion.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
        axes.set(title=f"{target[:60]}: share of each actual class", xlabel="predicted", ylabel="actual")
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_yticks(range(len(names)), names)

    return Outcome(result=result, plots={"confusion": draw})


def _estimator(model: str, seed: int) -> Any:
    if model == "gradient_boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(random_state=seed)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000)
