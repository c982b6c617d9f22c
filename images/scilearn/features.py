"""Which columns a model learns from, and how: the one way for missing values and categories.

* A column without any value, with one value only, or of texts that are nearly all different (an id) is left out.
* Missing numbers get the median of the rows that a model is fitted on; a missing text is a separate category.
* Texts are one-hot encoded: the 20 most frequent, the rest together. Seen first when predicting: as the rest.
* Linear models and distances get numbers scaled to mean 0 and deviation 1.

All of it is fitted inside the cross-validation, so nothing of a test fold is learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scilearn.errors import PermanentError
from scilearn.table import Table

MAX_CATEGORIES = 20
ID_SHARE, ID_VALUES = 0.5, 50
MISSING = "(missing)"


@dataclass(frozen=True, kw_only=True)
class Features:
    """The columns that are used, and those that are not, by reason."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    left_out: dict[str, str]

    def summary(self) -> dict[str, Any]:
        """Gives what a result says of the features."""
        return {"numeric": list(self.numeric), "categorical": list(self.categorical), "left_out": self.left_out}

    def matrix(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Gives these columns, with missing texts named."""
        chosen = frame[[*self.numeric, *self.categorical]].copy()
        for name in self.categorical:
            chosen[name] = chosen[name].where(chosen[name].notna(), MISSING)
        return chosen

    def encoder(self, *, scale: bool) -> Any:
        """Gives a scikit-learn transformer from `matrix` to numbers."""
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        impute = SimpleImputer(strategy="median", keep_empty_features=True)
        one_hot = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES + 1, sparse_output=False
        )
        parts = [
            ("numeric", make_pipeline(impute, StandardScaler()) if scale else impute, list(self.numeric)),
            ("categorical", one_hot, list(self.categorical)),
        ]
        return ColumnTransformer([part for part in parts if part[2]], verbose_feature_names_out=False)


def choose_features(table: Table, wanted: Sequence[str] | None, *, target: str | None = None) -> Features:
    """Chooses among the wanted columns (None: all but the target). Raises PermanentError when none is left."""
    names = list(dict.fromkeys(wanted)) if wanted else [name for name in table.frame.columns if name != target]
    table.require(names)
    if target is not None and target in names:
        raise PermanentError("bad_request", "The target can't be one of the features.")
    numeric, categorical, left_out = [], [], {}
    for name in names:
        column = table.frame[name]
        distinct = column.nunique(dropna=True)
        if distinct == 0:
            left_out[name] = "no_values"
        elif distinct == 1 and not column.isna().any():
            left_out[name] = "one_value"
        elif column.dtype != object:
            numeric.append(name)
        elif distinct > ID_VALUES and distinct > ID_SHARE * len(column):
            left_out[name] = "nearly_all_different"
        else:
            categorical.append(name)
    if not numeric and not categorical:
        raise PermanentError("no_features", "No column is left to learn from: each is empty, constant or an id.")
    return Features(numeric=tuple(numeric), categorical=tuple(categorical), left_out=left_out)


def require_rows(rows: int, fewest: int) -> None:
    """Raises PermanentError when there are too few rows for the question."""
    if rows < fewest:
        raise PermanentError("too_few_rows", f"There are {rows} usable rows; this analysis needs {fewest}.")
