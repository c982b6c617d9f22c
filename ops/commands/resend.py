"""Send failed analyses again.

Each request is sent under its own id, changed first if you like, and runs once, however many operators send it. A
message is deleted when its request is settled, else it stays. Exit codes: 0 all that was chosen has succeeded, or
nothing there (or a dry run), 1 something failed again, waits or can't be sent, 2 wrong usage.

Example: python -m ops resend --stack local --dry-run
"""

import argparse
import json
import sys
from pathlib import Path

from cli import progress
from cli.numbers import seconds, whole
from cli.questions import confirm, must_ask
from local.ending import unwind_on_signals
from ops.errors import UsageError
from ops.resend.display import print_resend_report, shown_progress
from ops.resend.mending import read_mending
from ops.resend.parts import resend_of
from ops.resend.run import WAIT_SECONDS, Resend, ResendChoice
from ops.resend.unfound import explain_unfound
from ops.stack import add_stack_arguments, open_stack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds which failed requests, what to change in one of them, and how."""
    add_stack_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say which requests failed, and why")
    parser.add_argument(
        "--reason", action="append", default=[], metavar="CODE", help="only what failed for this reason (repeatable)"
    )
    parser.add_argument("--limit", type=whole("messages"), metavar="N", help="at most so many messages")
    parser.add_argument("--id", metavar="ID", help="only the request with this id")
    parser.add_argument("--mend", type=Path, metavar="FILE", help="with --id: send this request (JSON) in its place")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="with --id: change a value of the request, for example options.folds=5 (repeatable)",
    )
    parser.add_argument("--wait", type=seconds, default=WAIT_SECONDS, metavar="SECONDS", help="how long nothing may "
                        "settle before what is left counts as pending (%(default)g)")  # fmt: skip
    parser.add_argument("--drop-poison", action="store_true", help="delete messages that name no request")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")


def run(options: argparse.Namespace) -> int:
    """Runs it. Exit code 1 when something is left that hasn't succeeded."""
    unwind_on_signals()
    mending = read_mending(options.mend, options.set)
    if not mending.is_empty and options.id is None:
        raise UsageError("--mend and --set change one request: name it with --id.")
    choice = ResendChoice(
        reasons=frozenset(options.reason),
        only_id=options.id,
        limit=options.limit,
        drop_poison=options.drop_poison,
        dry_run=options.dry_run,
        wait_seconds=options.wait,
    )
    stack = open_stack(options.stack, options.outputs)
    resend = resend_of(stack, choice, mending, lambda report: progress.say(shown_progress(report)))
    if must_ask(options):
        places = " and ".join(f"about {queue.count()} messages of {queue.url}" for queue in resend.queues.values())
        confirm(f"Send failed analyses again: {places}, to {stack.outputs['analysis_queue_url']}?")
    progress.stage("looking for failed analyses")
    return conclude(resend, as_json=options.json)


def conclude(resend: Resend, *, as_json: bool) -> int:
    """Runs it, prints the report and gives the exit code. Raises UsageError when nothing is what was chosen."""
    report = resend()
    choice = resend.choice
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    if not report.ends and not report.held and choice.only_id is not None:
        print(explain_unfound(choice.only_id, resend.read(choice.only_id)), file=sys.stderr)
        return 0
    if not report.ends and report.skipped:
        raise UsageError(
            f"Nothing was chosen: {report.skipped} wait, for {', '.join(sorted(report.other_reasons))}. "
            "--dry-run lists them."
        )
    if not as_json:
        print_resend_report(report)
    return 0 if choice.dry_run or report.is_clean else 1
