"""A real day of flights through the whole pipeline, with the proof at its end that index and table are equal.

Starts a local stack of its own, or uses the one that is up. Writes build/demo.json.

Example: python -m local demo --outage 20 --kill-consumer
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable

import psutil
from rich.console import Console

from local.commands.up import add_port_arguments
from local.demo.memory import MemoryMeter
from local.demo.story import Demo
from local.ending import unwind_on_signals
from local.errors import LocalStackError
from local.layout import ROOT, Layout
from local.running import running_outputs
from local.stack import LocalStack, read_state

LOG_WIDTH = 160
REPORT = ROOT / "build" / "demo.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ports, and what goes wrong on purpose."""
    add_port_arguments(parser)
    parser.add_argument("--outage", type=float, default=0, metavar="SECONDS", help="stop OpenSearch in mid-load")
    parser.add_argument("--kill-consumer", action="store_true", help="kill the consumers' processes in mid-load")


def run(options: argparse.Namespace) -> int:
    """Exit code 0 only if all of it held."""
    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    memory = MemoryMeter()
    started = time.monotonic()
    if read_state(Layout()) is not None:
        if options.outage or options.kill_consumer:
            raise LocalStackError(
                "--outage and --kill-consumer need a stack of their own: python -m local down, first."
            )
        report = Demo(outputs=running_outputs(), console=console, memory=memory).run()
    else:
        unwind_on_signals()
        with LocalStack(aws_port=options.aws_port, opensearch_port=options.opensearch_port, say=console.print) as stack:
            disaster = _disaster(stack, console, options)
            report = Demo(outputs=stack.outputs, console=console, memory=memory, at_half_time=disaster).run()
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


def _disaster(stack: LocalStack, console: Console, options: argparse.Namespace) -> Callable[[], None] | None:
    """What happens in the middle of the load, while writes go on."""
    if not (options.outage or options.kill_consumer):
        return None

    def strike() -> None:
        if options.kill_consumer:
            killed = kill_consumers()
            console.print(f"[yellow]Killed {killed} function processes.[/]")
        if options.outage:
            threading.Thread(target=outage, name="outage", daemon=True).start()

    def outage() -> None:
        console.print(f"[yellow]OpenSearch is stopped for {options.outage:.0f} s.[/]")
        stack.node.stop()
        time.sleep(options.outage)
        stack.node.start()
        console.print("[yellow]OpenSearch is back.[/]")

    return strike


def kill_consumers() -> int:
    """Kill the processes of the sync functions below this one, without a chance to finish. Gives how many."""
    killed = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if any(part.startswith("sync_") and part.endswith(".handler.handler") for part in process.cmdline()):
                process.kill()
                killed += 1
        except psutil.NoSuchProcess:
            continue
    return killed
