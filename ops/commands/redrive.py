"""Settle a consumer's records that were parked, or that Lambda gave up.

Each record's item is read again and that state written, or its document deleted; nothing is replayed. A message or
object is deleted when all that it holds is settled, else it stays. Exit codes: 0 all settled or nothing there (or a
dry run), 1 something still fails, has expired, is held by another reader or isn't understood, 2 wrong usage.

Example: python -m ops redrive sync_dynamodb_stream --stack local --dry-run
"""

import argparse
import json

from cli import progress
from cli.numbers import whole
from cli.questions import confirm, must_ask
from local.ending import unwind_on_signals
from ops.errors import OpsError, UsageError
from ops.identity import check_targets
from ops.redrive.display import counts, print_report
from ops.redrive.parts import redrive_of
from ops.redrive.report import Report
from ops.redrive.run import Choice, Redrive
from ops.stack import add_stack_arguments, open_stack
from ops.trouble.search import told, where_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the consumer, which of its records, and how."""
    parser.add_argument("consumer", metavar="CONSUMER", help="for example sync_dynamodb_stream")
    add_stack_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what waits where, and why")
    parser.add_argument(
        "--reason", action="append", default=[], metavar="CODE", help="only what waits for this reason (repeatable)"
    )
    parser.add_argument(
        "--limit", type=whole("messages and objects"), metavar="N", help="at most so many messages and objects"
    )
    parser.add_argument(
        "--drop-expired", action="store_true", help="delete messages whose records the stream no longer has"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")


def run(options: argparse.Namespace) -> int:
    """Runs it. Exit code 1 when something is left that can't be settled."""
    unwind_on_signals()
    stack = open_stack(options.stack, options.outputs)
    consumer = stack.consumer(options.consumer)
    choice = Choice(
        reasons=frozenset(options.reason),
        limit=options.limit,
        drop_expired=options.drop_expired,
        dry_run=options.dry_run,
    )
    redrive = redrive_of(stack, consumer, choice, lambda report: progress.say(counts(report)))
    if redrive.queue is None and redrive.objects is None:
        raise OpsError(f"Stack {stack.name} has neither a queue nor a bucket of failures for {consumer.name}.")
    if must_ask(options):
        confirm(f"Redrive {_places(redrive)} into index {redrive.report.index}?")
    progress.stage("looking for messages and objects")
    if not choice.dry_run:
        with told(where_of(stack, consumer)):
            check_targets(stack, consumer)
    report = redrive()
    which = f" --stack {options.stack}" if options.stack else f" --outputs {options.outputs}" if options.outputs else ""
    rerun = f"python -m ops verify {consumer.name} --repair{which}"
    return conclude(report, choice, rerun=rerun, as_json=options.json)


def conclude(report: Report, choice: Choice, *, rerun: str, as_json: bool) -> int:
    """Prints the report and gives the exit code. Raises UsageError for a reason that nothing has."""
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    if not report.found and report.skipped:
        raise UsageError(
            f"Nothing waits for the reason {' or '.join(sorted(choice.reasons))}. {report.skipped} wait for "
            f"others: {', '.join(sorted(report.other_reasons))}."
        )
    if not as_json:
        print_report(report, rerun=rerun)
    return 0 if choice.dry_run or report.is_clean else 1


def _places(redrive: Redrive) -> str:
    places = []
    if redrive.queue is not None:
        places.append(f"about {redrive.queue.count()} messages of {redrive.queue.url}")
    if redrive.objects is not None:
        places.append(f"the objects of bucket {redrive.objects.bucket}")
    return " and ".join(places)
