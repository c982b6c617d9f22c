"""Shows a backfill on stderr: items, rate, and the time left by DynamoDB's rough count of the table's items."""

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ops.backfill.state import BackfillState


class BackfillProgressBar:
    """A bar of the items settled by all runs, against the estimated number of items (0: unknown)."""

    def __init__(self, state: BackfillState, estimated_items: int) -> None:
        self._progress = Progress(
            TextColumn("{task.fields[segments]}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of about {task.total:,.0f} items"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._before = (state.items, state.seconds)
        self._task = self._progress.add_task(
            "", total=max(estimated_items, state.items, 1), completed=state.items, **self._fields(state)
        )

    def __enter__(self) -> "BackfillProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._progress.stop()

    def show(self, state: BackfillState) -> None:
        """Draw what is settled by now."""
        self._progress.update(self._task, completed=state.items, **self._fields(state))

    def _fields(self, state: BackfillState) -> dict[str, Any]:
        items, seconds = state.items - self._before[0], state.seconds - self._before[1]
        done = sum(segment.done for segment in state.segments)
        return {
            "segments": f"{done}/{len(state.segments)} segments",
            "rate": f"{items / seconds:,.0f}/s" if seconds else "",
        }
