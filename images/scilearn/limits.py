"""How much data a function of a given memory takes: the one place that turns megabytes into rows.

After the libraries, DuckDB may use half of the remaining memory while it reads; the table and the models built from it
may use three quarters. A number costs 80 bytes: 8 while it is read, 8 in the table, and copies of it in models. A text
costs 800: up to 216 in DuckDB and 257 as a Python text of 200 characters, and twice 20 one-hot columns of 8 bytes. The
two overlap less than that: DuckDB gives its memory back before models begin. Measured in
tests/images/test_scilearn_memory.py.
"""

from dataclasses import dataclass

from scilearn.errors import PermanentError

LIBRARIES_MB = 300
NUMBER_BYTES, TEXT_BYTES = 80, 800
FEWEST_ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one analysis may use."""

    memory_mb: int

    @property
    def reader_mb(self) -> int:
        """DuckDB's own limit."""
        return (self.memory_mb - LIBRARIES_MB) // 2

    def rows(self, asked: int, *, numbers: int = 0, texts: int = 0) -> tuple[int, str]:
        """Gives how many rows of so many columns may be used, and what limits them: `max_rows` or `memory`."""
        room = (self.memory_mb - LIBRARIES_MB) * 1024 * 1024 * 3 // 4
        fitting = room // max(1, numbers * NUMBER_BYTES + texts * TEXT_BYTES)
        return (asked, "max_rows") if asked <= fitting else (fitting, "memory")

    def refuse_wide(self, *, numbers: int = 0, texts: int = 0) -> None:
        """Raises PermanentError when so many columns leave no room for rows."""
        if self.rows(FEWEST_ROWS, numbers=numbers, texts=texts)[0] < FEWEST_ROWS:
            text = f"{numbers + texts} columns are too many for the function's memory: name those that you need."
            raise PermanentError("input_too_large", text)
