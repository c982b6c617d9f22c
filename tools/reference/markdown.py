"""Markdown tables, and the marked blocks of a page that are generated."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

BLOCK = re.compile(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table. A cell may hold any text: what would end the cell or the row is escaped."""
    return "\n".join([_row(headings), "|" + "---|" * len(headings), *map(_row, rows)])


def filled(page: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """Returns the page with each block made again. Raises KeyError for a block that nothing generates."""
    return BLOCK.sub(lambda found: f"<!-- generated: {found[1]} -->\n{blocks[found[1]]()}\n<!-- end -->", page)


def _row(cells: Sequence[str]) -> str:
    words = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"|{'|'.join(f' {text} ' if text else ' ' for text in words)}|"
