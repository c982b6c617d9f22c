"""Show what runs: items, documents, dead letters, and the counters of everything that carries changes and events.

Example: python -m local status --json
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from cli.table import print_table
from local.observation import Observer
from local.running import running_outputs, running_parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds how to print."""
    parser.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace) -> int:
    """Prints it; exit code 1 when no stack runs."""
    outputs = running_outputs()
    seen = Observer(outputs).look()
    parts = running_parts()
    if options.json:
        print(json.dumps({"items": seen.items, "indexes": seen.documents, "dead_letters": seen.dead_letters,
                          "parts": parts}, indent=2))  # fmt: skip
        return 0
    print(f"API        {outputs['api_url']}\nOpenSearch {outputs['opensearch_url']}\nItems      {seen.items}\n")
    rows = [[name, seen.documents[name], seen.dead_letters[name]] for name in outputs["indexes"]]
    print_table(["consumer", "documents", "dead letters"], rows)
    print()
    for line in part_lines(parts):
        print(line)
    return 0


def part_lines(parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Yields a line for each part: its kind, its name, and its counters that are not zero."""
    for kind, runners in sorted(parts.items()):
        for name, counters in sorted(runners.items()):
            counted = [
                f"{counter.replace('_', ' ')} {value:,.0f}"
                for counter, value in counters.items()
                if isinstance(value, int | float) and value
            ]
            yield f"{kind} {name}: {', '.join(counted) or 'nothing yet'}"
