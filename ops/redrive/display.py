"""Shows a redrive to a person: a counting line on standard error, and the report in words."""

import sys
import time
from collections.abc import Callable
from itertools import islice
from types import TracebackType

from rich.console import Console
from rich.status import Status

from ops.redrive.letter import RANGE_EXPIRED, Place
from ops.redrive.report import Report

SECONDS_BETWEEN_LINES = 5.0
"""Where standard error is no terminal, so that lines stay."""
EXAMPLES = 5
HELD = "run this again in 10 minutes."


class Ticker:
    """Shows the counts so far: in place on a terminal, else as a line every few seconds."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._status: Status | None = None
        self._shown_at = clock()

    def __enter__(self) -> "Ticker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()

    def start(self) -> None:
        """Begins to show; called after the question, which it would disturb."""
        if self._console.is_terminal:
            self._status = self._console.status("Looking ...")
            self._status.start()

    def tick(self, report: Report) -> None:
        """Shows how far the run is."""
        line = _counts(report)
        if self._status is not None:
            self._status.update(line)
        elif self._clock() - self._shown_at >= SECONDS_BETWEEN_LINES:
            self._shown_at = self._clock()
            self._console.print(line, markup=False, highlight=False)


def print_report(report: Report, *, rerun: str) -> None:
    """Prints the report on standard output; `rerun` is the command for what has expired."""
    if not report.found and not (report.skipped or report.foreign or report.held or report.stopped):
        print(f"Nothing waits for {report.consumer}.")
    for (place, reason, end), count in sorted(report.letters.items()):
        print(f"{count:>8}  {end:<9} {place:<16} {reason}")
    if not report.dry_run and report.found:
        print(_counts(report))
    for (place, old, new), count in sorted(report.still_failing.items()):
        if new != RANGE_EXPIRED:
            what = "can't be read" if report.dry_run else "still fails"
            print(f"{count:>8}  {place} ({old}) {what}: {new}{_examples(report, place, old, new)}")
    if report.skipped:
        print(f"{report.skipped} of other reasons were left alone.")
    if report.foreign:
        print(
            f"{report.foreign} are neither parked records nor Lambda's failures, as far as is known here: left alone."
        )
    if report.held:
        print(f"{report.held} are held by another reader, or a run that was killed: {HELD}")
    if report.limit_reached:
        print("There may be more: the limit was reached.")
    if report.expired:
        print(
            f"{report.expired} messages name records that their stream no longer keeps. Run instead: {rerun}",
        )
    if report.stopped:
        print(f"Stopped: {report.stopped}.", file=sys.stderr)


def _examples(report: Report, place: Place, old: str, new: str) -> str:
    """Names a few of the documents."""
    ids = (
        document_id
        for letter in report.details
        if (letter["place"], letter["reason"]) == (place, old) and new in letter.get("now", [])
        for document_id in letter["ids"]
    )
    some = list(islice(ids, EXAMPLES))
    return f" (for example {', '.join(some)})" if some and not report.dry_run else ""


def _counts(report: Report) -> str:
    records = report.records
    return (
        f"{report.found} messages and objects; records: {records['written']} written, "
        f"{records['superseded']} superseded, {records['failing']} still failing"
    )
