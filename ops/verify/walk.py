"""What a walk of either side yields: pages of entries, and the place after each page from which it can go on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Entry(NamedTuple):
    """A document id with the digest of its content. `key` is the item's as text, only where the id doesn't hold it."""

    document_id: str
    digest: bytes
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Entries, and the cursor after them; None at the walk's end."""

    entries: list[Entry]
    cursor: str | None


class TableSource(Protocol):
    """The table in parallel-scan segments."""

    def pages(self, segment: int, total_segments: int, cursor: str | None) -> Iterator[Page]:
        """Yields the pages of one segment, from after a cursor. The last page's cursor is None."""
        ...


class IndexSource(Protocol):
    """The index in the order of its ids."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yields the pages from after a cursor. The last page's cursor is None."""
        ...


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cuts into lists of at most `size`."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch
