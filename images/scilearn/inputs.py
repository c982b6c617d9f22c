"""From a request's `input` to a table, by its type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scilearn.errors import PermanentError
from scilearn.limits import Limits
from scilearn.object_input import ObjectInput
from scilearn.search_input import SearchInput
from scilearn.table import Table, table_of_rows


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to read: `columns` None means all; `may_sample` False means that too many rows are refused."""

    columns: Sequence[str] | None
    max_rows: int
    seed: int
    may_sample: bool


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The three sources. `search` is None where the stack gives no index."""

    objects: ObjectInput
    search: Callable[[], SearchInput] | None
    limits: Limits

    def read(self, source: dict[str, Any], wanted: Wanted) -> Table:
        """Reads the table of a checked `input`. Raises PermanentError or TransientError."""
        if source["type"] == "s3":
            table = self.objects.read(
                bucket=source["bucket"],
                key=source["key"],
                file_format=source["format"],
                columns=wanted.columns,
                max_rows=wanted.max_rows,
                seed=wanted.seed,
            )
        elif source["type"] == "search":
            if self.search is None:
                raise PermanentError("no_search", "This stack gives analyses no search index.")
            table = self.search().read(source, columns=wanted.columns, max_rows=wanted.max_rows, seed=wanted.seed)
        else:
            table = self._rows(source["rows"], wanted)
        if not wanted.may_sample and table.is_sampled:
            text = f"The input has {table.rows_seen} rows or more and this analysis can't use a part of them: "
            raise PermanentError("input_too_large", f"{text}aggregate it first, or raise `max_rows` and the memory.")
        return table

    def _rows(self, rows: list[dict[str, Any]], wanted: Wanted) -> Table:
        """Takes all rows: a request is small. Counts cells, too, that are absent from most rows."""
        names = {name for row in rows for name in row}
        if self.limits.rows(len(rows), texts=len(names))[0] < len(rows):
            raise PermanentError("input_too_large", "The rows have too many different columns: put them into S3.")
        if wanted.columns is not None:
            chosen = set(wanted.columns)
            rows = [{name: value for name, value in row.items() if name in chosen} for row in rows]
        return table_of_rows(rows)
