"""The table of analyses: name, options it takes, function. One file each; add one here and its file.

A function takes a `Table`, its options with defaults filled in, and the seed, and gives an `Outcome`. scikit-learn and
SciPy are imported inside the functions, so that an invocation pays only for what it uses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scilearn.analyses import anomalies, classify, cluster, describe, forecast, regress
from scilearn.outcome import Outcome
from scilearn.table import Table

Run = Callable[[Table, Mapping[str, Any], int], Outcome]


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One kind of analysis. `options` are JSON Schemas by name.

    `columns` are the options that name columns of the input: only those are read, or all where the first option isn't
    given. `may_sample` is False where a sample would be another question.
    """

    run: Run
    options: Mapping[str, Mapping[str, Any]]
    columns: tuple[str, ...]
    required: tuple[str, ...] = ()
    may_sample: bool = True

    def columns_of(self, options: Mapping[str, Any]) -> Sequence[str] | None:
        """Gives the columns that these options need; None: all."""
        if self.columns[0] not in options:
            return None
        named = [options[name] for name in self.columns if name in options]
        return list(dict.fromkeys(name for value in named for name in ([value] if isinstance(value, str) else value)))


_MODEL = ("features", "target")
ANALYSES: dict[str, Analysis] = {
    "describe": Analysis(run=describe.describe, options=describe.OPTIONS, columns=("columns", "by")),
    "regress": Analysis(run=regress.regress, options=regress.OPTIONS, columns=_MODEL, required=("target",)),
    "classify": Analysis(run=classify.classify, options=classify.OPTIONS, columns=_MODEL, required=("target",)),
    "cluster": Analysis(run=cluster.cluster, options=cluster.OPTIONS, columns=("features",)),
    "anomalies": Analysis(run=anomalies.anomalies, options=anomalies.OPTIONS, columns=("features",)),
    "forecast": Analysis(
        run=forecast.forecast,
        options=forecast.OPTIONS,
        columns=("time", "value"),
        required=("time", "value"),
        may_sample=False,
    ),
}
