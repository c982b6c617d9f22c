"""Shows a redrive to a person: how far it is, and the report in words."""

import sys
from itertools import islice

from ops.redrive.letter import RANGE_EXPIRED, Place
from ops.redrive.report import Report

EXAMPLES = 5
HELD = "run this again in 10 minutes."


def print_report(report: Report, *, rerun: str) -> None:
    """Prints the report on standard output; `rerun` is the command for what has expired."""
    if not report.found and not (report.skipped or report.foreign or report.held or report.stopped):
        print(f"Nothing waits for {report.consumer}.")
    for (place, reason, end), count in sorted(report.letters.items()):
        print(f"{count:>8}  {end:<9} {place:<16} {reason}")
    if not report.dry_run and report.found:
        print(counts(report))
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


def counts(report: Report) -> str:
    """Says how many letters and records have ended how, so far."""
    records = report.records
    return (
        f"{report.found} messages and objects; records: {records['written']} written, "
        f"{records['superseded']} superseded, {records['failing']} still failing"
    )
