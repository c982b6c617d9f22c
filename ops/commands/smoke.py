"""Prove a deployed stack: write through its API, watch every index, and clean up. Says cause and cure of what fails.

An item is created, searched, changed and deleted; then come items that break a naive sync, a burst, an analysis, the
alarms, the places of failures, and a whole `verify`. All items are its own, their ids begin with smoke-, and all are
deleted at its end, also after Ctrl-C. One at a time for a stack. Exit codes: 0 all is right, 1 something failed, 2
wrong usage.

Example: python -m ops smoke --stack local
"""

import argparse
import json
import time
from collections.abc import Sequence

from cli import progress
from cli.numbers import seconds, whole
from local.ending import unwind_on_signals
from ops.errors import UsageError
from ops.smoke.check import Finding, State
from ops.smoke.checks import CHECKS
from ops.smoke.display import print_finding
from ops.smoke.run import smoke
from ops.smoke.scene import Patience, Scene
from ops.stack import add_stack_arguments, open_stack

MOST_ITEMS = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds which stack, what to leave out, and how long to wait."""
    add_stack_arguments(parser)
    parser.add_argument("--skip", action="append", default=[], metavar="CHECK", choices=[each.name for each in CHECKS],
                        help="leave a check out (repeatable): " + ", ".join(each.name for each in CHECKS))  # fmt: skip
    parser.add_argument("--arrival", type=seconds, default=90.0, metavar="SECONDS", help="how long a change may take "
                        "to every index; access policies take up to a minute to act (%(default)g)")  # fmt: skip
    parser.add_argument("--search-wait", type=seconds, default=60.0, metavar="SECONDS", help="how long until a search "
                        "may show it; serverless: about 10 s (%(default)g)")  # fmt: skip
    parser.add_argument("--analysis", type=seconds, default=300.0, metavar="SECONDS", help="how long an analysis may "
                        "take; the first one starts a large image (%(default)g)")  # fmt: skip
    parser.add_argument("--burst", type=whole("items", MOST_ITEMS), default=200, metavar="N", help="items of the burst "
                        "(%(default)s)")  # fmt: skip
    parser.add_argument("--settle", type=seconds, default=15.0, metavar="SECONDS", help="how long verify waits before "
                        "it looks at a difference again; serverless: 10 s or more (%(default)g)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the findings as JSON on standard output")


def run(options: argparse.Namespace) -> int:
    """Runs it. Returns 0 when no check has failed."""
    if {check.name for check in CHECKS} <= set(options.skip):
        raise UsageError("Every check is left out: nothing would be proven.")
    unwind_on_signals()
    stack = open_stack(options.stack, options.outputs)
    patience = Patience(
        arrival=options.arrival,
        search=options.search_wait,
        analysis=options.analysis,
        settle=options.settle,
        burst=options.burst,
    )
    flag = f" --stack {options.stack}" if options.stack else f" --outputs {options.outputs}" if options.outputs else ""
    started = time.monotonic()
    findings: list[Finding] = []
    ok = False

    def report(finding: Finding) -> None:
        findings.append(finding)
        progress.stage("the next check")
        if not options.json:
            print_finding(finding)

    try:
        ok = smoke(Scene(stack=stack, patience=patience, say=progress.say, flag=flag), report, skip=options.skip)
    finally:  # what was found counts also when the run was interrupted
        _print_end(findings, ok, time.monotonic() - started, as_json=options.json)
    return 0 if ok else 1


def _print_end(findings: Sequence[Finding], ok: bool, took: float, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"ok": ok, "seconds": round(took, 1), "checks": [each.as_json() for each in findings]}))
        return
    counts = {state: sum(each.state is state for each in findings) for state in State}
    print(f"{counts[State.OK]} passed, {counts[State.FAILED]} failed, {counts[State.SKIPPED]} not tried, {took:.0f} s")
