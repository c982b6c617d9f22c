"""Settles what rests after a failure: a consumer's records, or the analyses of `scilearn`.

A consumer's records, parked or given up by Lambda: each record's item is read again and that state written, or its
document deleted; nothing is replayed. Failed analyses: each request is sent again, mended if you like, and runs once,
however many operators send it. A message or object is deleted when all that it holds is settled, else it stays.
Exit codes: 0 all settled or nothing there (or a dry run), 1 something still fails, waits or has expired, 2 wrong usage.

Example: python -m ops redrive sync_dynamodb_stream --stack local --dry-run
"""

import argparse
import json
from functools import partial
from pathlib import Path

from rich.console import Console

from local.ending import unwind_on_signals
from ops.command_line import confirm, must_ask, seconds, whole
from ops.errors import OpsError, UsageError
from ops.redrive.display import Ticker, print_report
from ops.redrive.parts import redrive_of
from ops.redrive.run import Choice, Redrive
from ops.resend.display import print_resend_report, show_progress
from ops.resend.mending import read_mending
from ops.resend.parts import SERVICE, resend_of
from ops.resend.run import Resend, ResendChoice
from ops.stack import Stack, add_stack_arguments, open_stack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which consumer, what of it, and how."""
    parser.add_argument("consumer", metavar="CONSUMER", help=f"for example sync_dynamodb_stream; or {SERVICE}")
    add_stack_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only tell what rests where, and why")
    parser.add_argument(
        "--reason", action="append", default=[], metavar="CODE", help="only what rests for this reason (repeatable)"
    )
    parser.add_argument("--limit", type=whole(), metavar="N", help="at most so many messages and objects")
    parser.add_argument(
        "--drop-expired", action="store_true", help="delete messages whose records the stream no longer has"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")
    analyses = parser.add_argument_group(f"for {SERVICE}")
    analyses.add_argument("--id", metavar="ID", help="only the request with this id")
    analyses.add_argument("--mend", type=Path, metavar="FILE", help="with --id: send this request (JSON) in its place")
    analyses.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="with --id: change a value of the request, for example options.folds=5 (repeatable)",
    )
    analyses.add_argument("--wait", type=seconds, metavar="SECONDS", help="how long nothing may settle before what is "
                          "left counts as pending (120)")  # fmt: skip
    analyses.add_argument("--drop-poison", action="store_true", help="delete messages that name no request")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when something is left that can't be settled."""
    unwind_on_signals()
    if options.consumer == SERVICE:
        return _resend(options)
    _refuse(options, SERVICE, id=options.id, mend=options.mend, set=options.set, wait=options.wait,
            drop_poison=options.drop_poison)  # fmt: skip
    stack = open_stack(options.stack, options.outputs)
    consumer = stack.consumer(options.consumer)
    choice = Choice(
        reasons=frozenset(options.reason),
        limit=options.limit,
        drop_expired=options.drop_expired,
        dry_run=options.dry_run,
    )
    with Ticker() as ticker:
        redrive = redrive_of(stack, consumer, choice, ticker.tick)
        if redrive.queue is None and redrive.objects is None:
            raise OpsError(f"Stack {stack.name} has neither a queue nor a bucket of failures for {consumer.name}.")
        if must_ask(options):
            confirm(f"Redrive {_places(redrive)} into index {redrive.report.index}?")
        ticker.start()
        report = redrive()
    if options.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        which = (
            f" --stack {options.stack}" if options.stack else f" --outputs {options.outputs}" if options.outputs else ""
        )
        print_report(report, rerun=f"python -m ops verify {consumer.name} --repair{which}")
    return 0 if choice.dry_run or report.is_clean else 1


def _resend(options: argparse.Namespace) -> int:
    _refuse(options, "consumers", drop_expired=options.drop_expired)
    mending = read_mending(options.mend, options.set)
    if not mending.is_empty and options.id is None:
        raise UsageError("--mend and --set change one request: name it with --id.")
    choice = ResendChoice(
        reasons=frozenset(options.reason),
        only_id=options.id,
        limit=options.limit,
        drop_poison=options.drop_poison,
        dry_run=options.dry_run,
        **({} if options.wait is None else {"wait_seconds": options.wait}),
    )
    stack = open_stack(options.stack, options.outputs)
    resend = resend_of(stack, choice, mending, partial(show_progress, Console(stderr=True)))
    if must_ask(options):
        confirm(_resend_question(stack, resend))
    report = resend()
    if options.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        print_resend_report(report)
    return 0 if choice.dry_run or report.is_clean else 1


def _resend_question(stack: Stack, resend: Resend) -> str:
    places = " and ".join(f"about {queue.count()} messages of {queue.url}" for queue in resend.queues.values())
    return f"Send failed analyses again: {places}, to {stack.outputs['analysis_queue_url']}?"


def _refuse(options: argparse.Namespace, whose: str, **given: object) -> None:
    for name, value in given.items():
        if value not in (None, [], False):
            raise UsageError(f"--{name.replace('_', '-')} is for {whose}, not for {options.consumer}.")


def _places(redrive: Redrive) -> str:
    places = []
    if redrive.queue is not None:
        places.append(f"about {redrive.queue.count()} messages of {redrive.queue.url}")
    if redrive.objects is not None:
        places.append(f"the objects of bucket {redrive.objects.bucket}")
    return " and ".join(places)
