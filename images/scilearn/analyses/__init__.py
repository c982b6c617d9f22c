"""The table of analyses: name, options it takes, function. One file each; add one here and its file.

A function takes a `Table`, its options with defaults filled in, and the seed, and gives an `Outcome`. scikit-learn and
SciPy are imported inside the functions, so that an invocation pays only for what it uses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scilearn.analyses import anomalies, classify, cluster, describe, forecast, regress
from scilearn.outcome import Outcome
from scilearn.table import Table

Run = Callable[[Table, Mapping[str, Any], int], Outcome]


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """`options` are JSON Schemas by name, `columns` the options that name the columns to read (none given: all).

    `may_sample` is False where a sample would be another question.
    """

    run: Run
    options: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...] = ()
    may_sample: bool = True


ANALYSES: dict[str, Analysis] = {
    "describe": Analysis(run=describe.describe, options=describe.OPTIONS),
    "regress": Analysis(run=regress.regress, options=regress.OPTIONS, required=("target",)),
    "classify": Analysis(run=classify.classify, options=classify.OPTIONS, required=("target",)),
    "cluster": Analysis(run=cluster.cluster, options=cluster.OPTIONS),
    "anomalies": Analysis(run=anomalies.anomalies, options=anomalies.OPTIONS),
    "forecast": Analysis(run=forecast.forecast, options=forecast.OPTIONS, required=("time", "value"), may_sample=False),
}
