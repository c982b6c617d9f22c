"""Shows the running demo: a live table on a terminal, elsewhere what it is at."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli import progress
from demo.lag import LagMeter
from demo.memory import MemoryMeter
from local.observation import Observation, Observer
from local.running import running_parts
from local.stack import STATUS_SECONDS

LOOK_SECONDS = 0.5
ROWS = ("changes carried", "waiting", "documents", "lag p50", "lag p99", "dead letters")
"""A column a feed, so that it fits 60 columns."""


class DemoView:
    """Shows progress from a thread, until its context ends."""

    def __init__(self, console: Console, outputs: Mapping[str, Any], meter: LagMeter, memory: MemoryMeter) -> None:
        self._console = console
        self._outputs = outputs
        self._observer = Observer(outputs)
        self._meter = meter
        self._memory = memory
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="view", daemon=True)
        self.written = 0
        self.total = 0
        self.doing = "starting"
        self._carried_before = _carried()  # a stack that is up has counted other changes, too

    def __enter__(self) -> "DemoView":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        if self._console.is_terminal:
            with progress.paused(), Live(console=self._console, refresh_per_second=4, transient=False) as live:
                self._look_until_the_end(live.update, LOOK_SECONDS)
        else:
            self._look_until_the_end(lambda _table: progress.say(self._line()), LOOK_SECONDS)

    def _look_until_the_end(self, show: Callable[[Table], None], seconds: float) -> None:
        while not self._ending.wait(seconds):
            self._memory.look()
            show(self._table(self._observer.look()))
        if self._console.is_terminal:
            time.sleep(STATUS_SECONDS)  # the feeds' counters are that old
            show(self._table(self._observer.look()))

    def _line(self) -> str:
        carried = {consumer: self._carried(consumer) for consumer in _mappings()}
        return f"{self.doing}: {self.written} of {self.total} changes written; carried {carried}"

    def _carried(self, consumer: str) -> int:
        """Counts what this feed has carried since the demo began."""
        return _carried().get(consumer, 0) - self._carried_before.get(consumer, 0)

    def _table(self, seen: Observation) -> Table:
        feeds = _mappings()
        lags = self._meter.percentiles()
        table = Table(
            title=f"{self.doing} · {self.written:,} of {self.total:,} changes · {_count(seen.items)} items",
            caption=time.strftime("%H:%M:%S"),
        )
        table.add_column("feed", no_wrap=True)
        columns = []
        for consumer in self._outputs["indexes"]:
            table.add_column(consumer.removeprefix("sync_").replace("_", " "), justify="right", no_wrap=True)
            feed, lag = feeds.get(consumer, {}), lags.get(consumer)
            columns.append(
                [
                    _count(self._carried(consumer)),
                    _count(feed.get("pending_records", 0)),
                    _count(seen.documents.get(consumer, -1)),
                    f"{lag['p50']:.2f} s" if lag else "",
                    f"{lag['p99']:.2f} s" if lag else "",
                    _count(seen.dead_letters.get(consumer, -1)),
                ]
            )
        for row in zip(ROWS, *columns, strict=True):
            table.add_row(*row)
        return table


def _mappings() -> dict[str, dict[str, Any]]:
    return running_parts().get("mapping", {})


def _carried() -> dict[str, int]:
    return {consumer: status.get("records_settled", 0) for consumer, status in _mappings().items()}


def _count(number: int) -> str:
    return "no answer" if number < 0 else f"{number:,}"
