"""Show what runs: items, documents, what each feed has carried, and what waits in dead-letter queues.

Example: python -m local status --json
"""

import argparse
import json

from rich.console import Console
from rich.table import Table

from local.observation import Observer
from local.running import asynchronous_status, feed_status, running_outputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to print."""
    parser.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace) -> int:
    """Print it; exit code 1 when no stack runs."""
    outputs = running_outputs()
    seen = Observer(outputs).look()
    feeds = feed_status()
    if options.json:
        print(json.dumps({"items": seen.items, "indexes": seen.documents, "dead_letters": seen.dead_letters,
                          "feeds": feeds, "functions": asynchronous_status()}, indent=2))  # fmt: skip
        return 0
    console = Console()
    console.print(f"API        {outputs['api_url']}\nOpenSearch {outputs['opensearch_url']}\nItems      {seen.items}")
    table = Table()
    table.add_column("consumer", no_wrap=True)
    for heading in ("documents", "records", "calls", "failed", "pending", "parked"):
        table.add_column(heading, justify="right")
    for consumer in outputs["indexes"]:
        feed = feeds.get(consumer, {})
        carried = (
            feed.get(name, 0) for name in ("records_settled", "invocations", "failed_invocations", "pending_records")
        )
        table.add_row(
            consumer, str(seen.documents[consumer]), *map(str, carried), str(seen.dead_letters[consumer])
        )  # fmt: skip
    console.print(table)
    for name, counters in asynchronous_status().items():
        ended = f"{counters['succeeded']} succeeded, {counters['given_up']} given up"
        console.print(f"{name}: {counters['accepted']} events, {counters['attempts']} calls, {ended}")
    return 0
