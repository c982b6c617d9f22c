"""The rows of an analysis, and the one way in which columns become numbers or categories.

* numbers and booleans are numbers (true is 1); infinite ones count as missing
* dates and times are numbers: seconds since 1970 (UTC)
* texts are categories, cut after 200 characters; of a CSV file, a column whose every value is a number is one
* null, NaN, an absent key and, in CSV, an empty field, NA, N/A, NaN, null and None are missing
* lists, maps and binary values are left out, and named in the result

What the models then do with missing values and categories is said in `features`.
"""

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from scilearn.errors import PermanentError

MAX_TEXT_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class Table:
    """`frame` has float64 columns (numbers, NaN missing) and object columns (texts, None missing).

    Its index is the row's number in the input, from 0. `limit` says why not all rows that were seen are used.
    """

    frame: pd.DataFrame
    rows_seen: int
    limit: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def is_sampled(self) -> bool:
        """True when rows were seen that are not used."""
        return len(self.frame) < self.rows_seen

    def summary(self) -> dict[str, Any]:
        """Gives what a result says of its input."""
        summary: dict[str, Any] = {
            "rows_seen": self.rows_seen,
            "rows_used": len(self.frame),
            "sampled": self.is_sampled,
            "columns_left_out": list(self.left_out),
        }
        return summary | ({"limit": self.limit} if self.limit else {})

    def numeric(self) -> list[str]:
        """Gives the names of the columns that are numbers."""
        return [name for name in self.frame.columns if self.frame[name].dtype != object]

    def require(self, names: Iterable[str]) -> None:
        """Raises PermanentError when a column is not there."""
        missing = [name for name in names if name not in self.frame.columns]
        if missing:
            left_out = " or holds neither numbers nor texts" if set(missing) & set(self.left_out) else ""
            raise PermanentError("unknown_column", f"The input has no column {ascii(missing[0])[:140]}{left_out}.")

    def require_numeric(self, name: str) -> "pd.Series[float]":
        """Gives a column of numbers. Raises PermanentError when it is not there or holds texts."""
        self.require([name])
        if self.frame[name].dtype == object:
            raise PermanentError(
                "not_a_number", f"The column {ascii(name)[:140]} holds texts where numbers are needed."
            )
        return self.frame[name]


def table_of_rows(
    rows: Sequence[Mapping[str, Any]],
    *,
    row_numbers: Sequence[int] | None = None,
    rows_seen: int | None = None,
    limit: str | None = None,
) -> Table:
    """Gives a table of JSON objects; absent keys are missing values, columns come in the order of their first sight."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns, left_out = {}, []
    for name in names:
        column = column_of_values([row.get(name) for row in rows])
        if column is None:
            left_out.append(name)
        else:
            columns[name] = column
    frame = frame_of_columns(columns, row_numbers if row_numbers is not None else range(len(rows)))
    seen = len(rows) if rows_seen is None else rows_seen
    return Table(frame=frame, rows_seen=seen, limit=limit, left_out=tuple(left_out))


def frame_of_columns(columns: Mapping[str, Any], row_numbers: Any) -> pd.DataFrame:
    """Gives a frame of NumPy columns; each keeps its type, where pandas 3 would make its own text type of objects."""
    index = pd.Index(row_numbers)
    series = {name: pd.Series(column, index=index, dtype=column.dtype) for name, column in columns.items()}
    return pd.DataFrame(series, index=index)


def column_of_values(values: Sequence[Any]) -> Any:
    """Gives a NumPy column of Python values: float64, or objects of text and None. None: it can be neither."""
    plain = [_plain(value) for value in values]
    if any(value is _NEITHER for value in plain):
        return None
    if all(value is None or isinstance(value, float) for value in plain):
        return np.array([math.nan if value is None else value for value in plain], dtype=np.float64)
    column = np.empty(len(plain), dtype=object)
    column[:] = [_text(value) if isinstance(value, float) else value for value in plain]
    return column


_NEITHER = object()


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, str):
        return value[:MAX_TEXT_LENGTH]
    if isinstance(value, datetime | np.datetime64):
        stamp = pd.Timestamp(value)
        return (stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp).timestamp()
    if isinstance(value, date):
        return pd.Timestamp(value, tz="UTC").timestamp()
    try:
        if isinstance(value, bool | np.bool_ | numbers.Real) or hasattr(value, "as_integer_ratio"):  # Decimal, too
            number = float(value)
            return number if math.isfinite(number) else None
    except (OverflowError, ValueError):
        return None
    return _NEITHER


def class_texts(column: "pd.Series[Any]") -> Any:
    """Gives a column's values as texts, one way for numbers and texts; it has no missing ones."""
    return np.array([_text(value) if isinstance(value, float) else value for value in column], dtype=object)


def _text(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
