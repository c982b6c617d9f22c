"""Runs the walks of both sides at once into a spill, a thread for each segment and one for the index.

What was read is kept at checkpoints, so a walk that was stopped, by hand or by an error, can go on from there.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from ops.verify.index_walk import Index
from ops.verify.spill import SIDES, Candidate, Spill
from ops.verify.walk import IndexSource, Page, TableSource

CHECKPOINT_SECONDS = 5.0
TICK_SECONDS = 0.25
SAMPLE_PARTS = 1_000
"""Into how many segments the table is cut for a sample of some of them."""

Progress = Callable[[int, int], None]
"""Called with how many items and how many documents have been read so far."""


def walk_both(table: TableSource, index: IndexSource, spill: Spill, *, segments: int, progress: Progress) -> None:
    """Reads all of both sides into an opened spill. Raises what a source raises, after a checkpoint."""
    stop = threading.Event()

    def walk(side: str, name: str, pages: Callable[[str | None], Iterator[Page]]) -> None:
        if name in spill.cursors and spill.cursors[name] is None:
            return
        for page in pages(spill.cursors.get(name)):
            spill.add(side, page.entries, walk=name, cursor=page.cursor)
            if stop.is_set():
                return

    def table_pages(segment: int) -> Callable[[str | None], Iterator[Page]]:
        return lambda cursor: table.pages(segment, segments, cursor)

    with ThreadPoolExecutor(segments + 1, thread_name_prefix="walk") as pool:
        futures = [pool.submit(walk, "index", "index", index.pages)]
        futures += [pool.submit(walk, "table", f"table-{number}", table_pages(number)) for number in range(segments)]
        try:
            _watch(futures, spill, progress)
        finally:
            stop.set()
            wait(futures)
            spill.checkpoint()


def _watch(futures: Iterable["Future[None]"], spill: Spill, progress: Progress) -> None:
    pending = set(futures)
    due = time.monotonic() + CHECKPOINT_SECONDS
    while pending:
        done, pending = wait(pending, timeout=TICK_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        progress(spill.counts["table"], spill.counts["index"])
        if time.monotonic() >= due:
            spill.checkpoint()
            due = time.monotonic() + CHECKPOINT_SECONDS


def sample(
    table: TableSource,
    index: Index,
    counts: dict[str, int],
    *,
    parts: int,
    progress: Progress,
    choose: random.Random | None = None,
) -> Iterator[Candidate]:
    """Compares some of the table's thousand parts, chosen at random, with their documents; it can't see orphans.

    `counts` says, as `Spill.counts` does, how much of each side has been read so far.
    """
    chosen = (choose or random.SystemRandom()).sample(range(SAMPLE_PARTS), parts)
    for segment in chosen:
        for page in table.pages(segment, SAMPLE_PARTS, None):
            documents = index.read([entry.document_id for entry in page.entries])
            index.future.note((key, document.version) for key, document in documents.items() if document)
            for identifier, digest, key in page.entries:
                document = documents[identifier]
                if document is None or document.digest != digest:
                    yield Candidate(identifier, key)
            for side in SIDES:
                counts[side] += len(page.entries)
            progress(counts["table"], counts["index"])
