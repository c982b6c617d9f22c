"""Shows how far a walk is, its rate and the time left: a live line on a terminal, else a line every 15 seconds."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.verify.walks import Progress as Show

LINE_SECONDS = 15.0


@contextlib.contextmanager
def show_walk(name: str, *, items: int, documents: int, console: Console) -> Iterator[Show]:
    """Gives a function that shows the counts passed to it. The totals are the services' estimates."""
    started = time.monotonic()
    if not console.is_terminal:
        yield _lines(name, items + documents, console, started)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        tasks = [
            bars.add_task(f"{name}: {side}", total=max(total, 1), rate="")
            for side, total in (("items", items), ("documents", documents))
        ]

        def update(*counts: int) -> None:
            for task, count, total in zip(tasks, counts, (items, documents), strict=True):
                rate = f"{count / max(time.monotonic() - started, 0.1):,.0f}/s"
                bars.update(task, completed=count, total=max(total, count, 1), rate=rate)

        yield update


def _lines(name: str, total: int, console: Console, started: float) -> Show:
    due = started + LINE_SECONDS

    def update(items: int, documents: int) -> None:
        nonlocal due
        now = time.monotonic()
        if now < due:
            return
        due = now + LINE_SECONDS
        rate = (items + documents) / (now - started)
        left = max(0.0, total - items - documents) / max(rate, 1)
        console.print(f"{name}: {items:,} items, {documents:,} documents, {rate:,.0f}/s, about {left:,.0f} s left")

    return update
