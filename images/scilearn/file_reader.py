"""Reads a local CSV, JSON lines or Parquet file by DuckDB: streamed, within a memory limit, sampled by seed.

Numbers, booleans and times come as numbers and the rest as texts, by the rule of `table`. CSV columns are read as texts
and typed after sampling, so a late odd value changes a column's type and never fails the file. DuckDB finds dates and
times in the texts of JSON lines. One thread, so rows keep the file's order and numbers. DuckDB's messages
quote the file: only their types are kept.
"""

# ruff: noqa: S608 - the SQL is ours: columns' names are quoted, the path is a temporary one

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scilearn.errors import PermanentError
from scilearn.limits import Limits
from scilearn.sampling import MOST_ROWS, chosen_rows
from scilearn.table import MAX_TEXT_LENGTH, Table, frame_of_columns

_MISSING_TEXTS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = frozenset({*_INTEGERS, *(f"U{kind}" for kind in _INTEGERS), "FLOAT", "DOUBLE", "BOOLEAN"})
_TEXTS = frozenset({"VARCHAR", "UUID"})


def read_file(
    path: Path, *, file_format: str, columns: Sequence[str] | None, max_rows: int, seed: int, limits: Limits
) -> Table:
    """Reads the file's table; with more rows than `max_rows` or memory allows, a sample of them in the file's order.

    Raises PermanentError `input_unreadable` (not such a file) or `input_too_large` (more than the memory takes).
    """
    import duckdb

    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{limits.reader_mb}MB",
            "temp_directory": str(path.parent / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    try:
        return _Reader(connection, path, file_format).table(columns, max_rows, seed, limits)
    except duckdb.OutOfMemoryException:
        text = "Reading the object needs more memory than the function has: name fewer columns, or lower `max_rows`."
        raise PermanentError("input_too_large", text) from None
    except duckdb.Error as error:
        text = f"The object can't be read as {file_format} ({type(error).__name__})."
        raise PermanentError("input_unreadable", text) from None
    finally:
        connection.close()


class _Reader:
    """One file on one connection."""

    def __init__(self, connection: Any, path: Path, file_format: str) -> None:
        self._connection = connection
        self._is_csv = file_format == "csv"
        self._source = _source(path, file_format)

    def table(self, columns: Sequence[str] | None, max_rows: int, seed: int, limits: Limits) -> Table:
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {self._source}").fetchall()
        types = {row[0]: str(row[1]) for row in described if columns is None or row[0] in set(columns)}
        nested = self._nested([name for name, kind in types.items() if kind == "JSON"])
        expressions = {name: _expression(name, kind) for name, kind in types.items() if name not in nested}
        selected = {name: expression for name, expression in expressions.items() if expression is not None}
        texts = sum(expression.startswith("left(") for expression in selected.values())
        numbers = len(selected) - texts
        limits.refuse_wide(numbers=numbers, texts=texts)
        rows_seen = self._one(f"SELECT count(*) FROM {self._source}")[0]
        rows, limit = limits.rows(max_rows, numbers=numbers, texts=texts)
        if rows_seen > MOST_ROWS:
            raise PermanentError("input_too_large", f"The object has more than {MOST_ROWS} rows.")
        listed = "".join(f', {expression} AS "c{place}"' for place, expression in enumerate(selected.values()))
        query = f'SELECT row_number() OVER () - 1 AS "row"{listed} FROM {self._source}'
        if rows_seen > rows:
            self._connection.register("chosen", pd.DataFrame({"number": chosen_rows(rows_seen, rows, seed)}))
            query = f'SELECT * FROM ({query}) WHERE "row" IN (SELECT number FROM chosen)'
        found = self._connection.execute(query).fetchnumpy()
        order = np.argsort(np.asarray(found["row"]), kind="stable")
        arrays = {name: _column(found.pop(f"c{place}")[order], self._is_csv) for place, name in enumerate(selected)}
        return Table(
            frame=frame_of_columns(arrays, np.asarray(found["row"])[order]),
            rows_seen=rows_seen,
            limit=limit if rows_seen > rows else None,
            left_out=tuple(name for name in types if name not in selected),
        )

    def _nested(self, names: Sequence[str]) -> set[str]:
        """Columns of JSON lines that DuckDB gives as JSON: of mixed scalars, which are texts, or with lists or maps."""
        if not names:
            return set()
        counts = (f"count(*) FILTER (json_type({_quoted(name)}) IN ('OBJECT', 'ARRAY'))" for name in names)
        found = self._one(f"SELECT {', '.join(counts)} FROM {self._source}")
        return {name for name, count in zip(names, found, strict=True) if count}

    def _one(self, query: str) -> tuple[Any, ...]:
        rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return rows[0]


def _source(path: Path, file_format: str) -> str:
    """Writes DuckDB's table function over the path, which is ours."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    packed = "gzip" if path.suffix == ".gz" else "none"
    if file_format == "csv":
        missing = ", ".join(f"'{text}'" for text in _MISSING_TEXTS)
        return f"read_csv({quoted}, all_varchar=true, header=true, nullstr=[{missing}], compression='{packed}')"
    if file_format == "jsonl":
        # The whole file is looked at for its columns and types: one that first appears late would fail the read.
        options = "format='newline_delimited', sample_size=-1, maximum_depth=2"
        return f"read_json({quoted}, {options}, compression='{packed}')"
    return f"read_parquet({quoted})"


def _expression(name: str, kind: str) -> str | None:
    quoted = _quoted(name)
    if kind in _NUMBERS or kind.startswith("DECIMAL"):
        return f"CAST({quoted} AS DOUBLE)"
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"CAST(epoch({quoted}) AS DOUBLE)"
    if kind in _TEXTS or kind.startswith("ENUM"):
        return f"left(CAST({quoted} AS VARCHAR), {MAX_TEXT_LENGTH})"
    if kind == "JSON":
        return f"left({quoted} ->> '$', {MAX_TEXT_LENGTH})"
    return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(found: Any, is_csv: bool) -> Any:
    """Converts a masked array of DuckDB to float64 with NaN, or objects with None."""
    mask = np.ma.getmaskarray(found)
    values = np.ma.getdata(found)
    if values.dtype != object:
        numbers = values.astype(np.float64)
        numbers[mask | ~np.isfinite(numbers)] = np.nan
        return numbers
    texts = values.copy()
    texts[mask] = None
    if is_csv or mask.all():
        numbers = np.array(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), dtype=np.float64)
        if not np.isnan(numbers[~mask]).any():
            numbers[~np.isfinite(numbers)] = np.nan
            return numbers
    return texts
