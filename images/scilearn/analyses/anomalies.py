"""Finds the rows that are least like the others, by an isolation forest.

`contamination` is the share of rows to report, which is a choice and no finding: the forest only orders the rows.
Result: `anomalies` (how many), `threshold`, and `rows`: the first `most` of them, strangest first, with the row's
number in the input (from 0), its score (scikit-learn's `score_samples`: about -0.5 is ordinary, near -1 is strange)
and its values.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scilearn.features import choose_features, require_rows
from scilearn.option_schemas import COLUMNS
from scilearn.outcome import Outcome
from scilearn.table import Table

OPTIONS: dict[str, dict[str, Any]] = {
    "features": COLUMNS,
    "contamination": {"type": "number", "minimum": 0.0001, "maximum": 0.5, "default": 0.01},
    "trees": {"type": "integer", "minimum": 10, "maximum": 1_000, "default": 100},
    "most": {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 50},
}


def anomalies(table: Table, options: Mapping[str, Any], seed: int) -> Outcome:
    """Orders the rows of the table by strangeness and reports the strangest."""
    from sklearn.ensemble import IsolationForest

    require_rows(len(table.frame), 10)
    features = choose_features(table, options.get("features"))
    x = features.encoder(scale=False).fit_transform(features.matrix(table.frame))
    forest = IsolationForest(n_estimators=options["trees"], contamination=options["contamination"], random_state=seed)
    scores = forest.fit(x).score_samples(x)
    found = scores < forest.offset_
    order = [place for place in np.argsort(scores, kind="stable") if found[place]][: options["most"]]
    columns = [*features.numeric, *features.categorical]
    shown = table.frame[columns]
    rows = [
        {
            "row": int(shown.index[place]),
            "score": float(scores[place]),
            "values": {name: None if pd.isna(value) else value for name, value in shown.iloc[place].items()},
        }
        for place in order
    ]
    result = {
        "anomalies": int(found.sum()),
        "contamination": options["contamination"],
        "threshold": float(forest.offset_),
        "features": features.summary(),
        "rows": rows,
    }

    def draw(axes: Any) -> None:
        axes.hist(scores, bins=60)
        axes.axvline(forest.offset_, color="black", linewidth=1)
        axes.set(title="Scores: left of the line is reported", xlabel="score", ylabel="rows")

    return Outcome(result=result, plots={"scores": draw})
