"""Memory stays bounded, partitions are cut again, and a checkpoint loses and halves nothing."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from ops.verify.spill import Spill
from ops.verify.walk import Entry, Page
from ops.verify.walks import walk_both

PAIRS = 200_000
MEBIBYTE = 1024 * 1024


def entry(number: int, *, content: int | None = None) -> Entry:
    return Entry(f"item-{number:07}", (content if content is not None else number).to_bytes(16, "big"))


class Generated:
    """Both sides. Every 10,000th document is missing, every 10,000th behind it stale; some orphans follow."""

    def __init__(self, pairs: int, page: int = 1_000) -> None:
        self.pairs = pairs
        self.page = page

    def items(self, segment: int, total: int, cursor: str | None) -> Iterator[Page]:
        start = int(cursor) if cursor else segment * self.pairs // total
        end = (segment + 1) * self.pairs // total
        for number in range(start, end, self.page):
            stop = min(end, number + self.page)
            yield Page(entries=[entry(n) for n in range(number, stop)], cursor=str(stop) if stop < end else None)

    def documents(self, cursor: str | None) -> Iterator[Page]:
        end = self.pairs + 20
        for number in range(int(cursor or 0), end, self.page):
            stop = min(end, number + self.page)
            entries = [entry(n, content=0 if n % 10_000 == 7 else None) for n in range(number, stop) if n % 10_000 != 3]
            yield Page(entries=entries, cursor=str(stop) if stop < end else None)


class Source:
    """One side under the name that walks know."""

    def __init__(self, pages: object) -> None:
        self.pages = pages


def test_two_hundred_thousand_pairs_need_little_memory(tmp_path: Path) -> None:
    pair = Generated(PAIRS)
    spill = Spill(tmp_path / "walk", largest_bytes=200_000)
    tracemalloc.start()
    try:
        spill.open({})
        walk_both(Source(pair.items), Source(pair.documents), spill, segments=3, progress=lambda *_: None)  # type: ignore[arg-type]
        found = {candidate.document_id for candidate in spill.compare()}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    wanted = {n for n in range(PAIRS) if n % 10_000 in (3, 7)} | set(range(PAIRS, PAIRS + 20)) - {PAIRS + 3}
    assert found == {f"item-{number:07}" for number in wanted}
    assert peak < 16 * MEBIBYTE  # the pairs alone are more than 60 MiB as objects


def test_a_partition_that_grew_too_large_is_cut_again(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "walk", largest_bytes=2_000)
    spill.open({})
    spill.add("table", [entry(number) for number in range(8_000)])
    spill.add("index", [entry(number) for number in range(1, 8_000)])
    assert [candidate.document_id for candidate in spill.compare()] == ["item-0000000"]
    spill.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_came_after_a_checkpoint_is_cut_off(tmp_path: Path) -> None:
    first = Spill(tmp_path / "walk")
    first.open({"table": "t"})
    first.add("table", [entry(1)], walk="table-0", cursor="1")
    first.checkpoint()
    first.add("table", [entry(2)], walk="table-0", cursor="2")
    first.close()  # as a killed process leaves it
    torn = next(path for path in (tmp_path / "walk").glob("index-*.bin"))
    torn.write_bytes(b"half an entry")
    second = Spill(tmp_path / "walk")
    assert second.open({"table": "t"})
    assert second.cursors == {"table-0": "1"}
    assert second.counts == {"table": 1, "index": 0}
    assert [candidate.document_id for candidate in second.compare()] == ["item-0000001"]


def test_entries_that_came_twice_do_no_harm(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "walk")
    spill.open({})
    for side in ("table", "table", "index"):
        spill.add(side, [entry(1)])
    assert list(spill.compare()) == []


def test_ids_of_any_length_keep_their_key(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "walk")
    spill.open({})
    spill.add("table", [Entry("é" * 256, b"0" * 16, "k" * 20_000)])
    ((identifier, key),) = spill.compare()
    assert (identifier, len(key)) == ("é" * 256, 20_000)
