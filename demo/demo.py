"""Play a real day of flights through the whole pipeline, and prove at its end that index and table are equal.

Starts a local stack, or uses the one that is up. Writes build/demo.json, and with --analyses the results
of analyses to build/analyses/.

Example: python -m local demo --containers --outage 20 --kill-consumer
"""

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any

from cli.console import StoryConsole
from cli.numbers import duration
from demo.analyses.chapter import AnalysesChapter
from demo.disaster import Disaster
from demo.memory import MemoryMeter
from demo.story import Demo
from local.commands.up import add_containers_argument, add_port_arguments, chosen_ports
from local.ending import unwind_on_signals
from local.errors import LocalStackError
from local.layout import ROOT, Layout
from local.running import running_outputs, runs_in_containers
from local.services.container_engine import find_engine
from local.stack import LocalStack
from local.state import lock_holder

REPORT = ROOT / "build" / "demo.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the ports, and what goes wrong on purpose."""
    add_port_arguments(parser)
    add_containers_argument(parser)
    parser.add_argument(
        "--outage", type=duration(3600), default=0, metavar="SECONDS", help="stop OpenSearch in mid-load"
    )
    parser.add_argument("--analyses", action="store_true", help="afterwards, analyses of the flights of January")
    parser.add_argument("--kill-consumer", action="store_true", help="kill the consumers' processes in mid-load")


def run(options: argparse.Namespace) -> int:
    """Plays the demo. Returns 0 only if all of it held."""
    console = StoryConsole()
    started = time.monotonic()
    holder = lock_holder(Layout())
    if holder is not None:
        _check_that_it_suits(options)
    REPORT.unlink(missing_ok=True)  # an old one must not speak for a run that failed
    if holder is None:
        report = _in_its_own_stack(options, console)
    else:
        outputs = running_outputs()
        report = Demo(outputs=outputs, console=console, memory=MemoryMeter(holder)).run()
        report = _with_analyses(options, report, outputs, console)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    lag = report["lag_seconds"]
    whole = time.monotonic() - started
    verdict = "[bold green]All of it held.[/]" if report["ok"] else "[bold red]Not all of it held.[/]"
    console.print(
        f"{verdict} {report['changes']} changes in {report['seconds']} s ({report['changes_per_second']}/s), "
        f"lag p50 {lag['p50']} s, p99 {lag['p99']} s; {whole:.0f} s in all. {REPORT.relative_to(ROOT)}"
    )
    return 0 if report["ok"] else 1


def _check_that_it_suits(options: argparse.Namespace) -> None:
    """Raises LocalStackError for what is asked of a stack to start, when one is up already."""
    if options.outage or options.kill_consumer:
        raise LocalStackError("--outage and --kill-consumer need their own stack: python -m local down, first.")
    if options.aws_port or options.opensearch_port:
        raise LocalStackError(
            "--aws-port and --opensearch-port are for a stack that the demo starts. One is up already: leave them out "
            "to use it, or end it first: python -m local down."
        )
    if options.containers and not runs_in_containers():
        raise LocalStackError("The stack that is up runs its functions as processes: python -m local down, first.")


def _in_its_own_stack(options: argparse.Namespace, console: StoryConsole) -> dict[str, Any]:
    aws_port, opensearch_port = chosen_ports(options)
    local = LocalStack(aws_port=aws_port, opensearch_port=opensearch_port, say=console.say)
    if options.containers:
        local.run_in_containers(find_engine())
    unwind_on_signals()
    memory = MemoryMeter()
    try:
        with local as stack:
            if not (options.outage or options.kill_consumer):
                report = Demo(outputs=stack.outputs, console=console, memory=memory).run()
                return _with_analyses(options, report, stack.outputs, console)
            disaster = Disaster(stack, console.print, outage_seconds=options.outage, kill=options.kill_consumer)
            try:
                report = Demo(outputs=stack.outputs, console=console, memory=memory, at_half_time=disaster).run()
            finally:
                disaster.end()
            report["problems"] += disaster.outcome
            return _with_analyses(options, report | {"ok": not report["problems"]}, stack.outputs, console)
    except KeyboardInterrupt:
        console.print("Ended.")
        raise


def _with_analyses(
    options: argparse.Namespace, report: dict[str, Any], outputs: Mapping[str, Any], console: StoryConsole
) -> dict[str, Any]:
    if not options.analyses:
        return report
    analyses = AnalysesChapter(outputs=outputs, console=console).run()
    problems = report["problems"] + analyses["problems"]
    return report | {"ok": not problems, "problems": problems, "analyses": analyses}
