"""Show what runs: items, documents, dead letters, and the counters of everything that carries changes and events.

Example: python -m local status --json
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from cli.table import print_table
from local.errors import LocalStackError
from local.layout import Layout
from local.observation import Observation, Observer
from local.running import running_outputs, running_parts
from local.survivors import what_is_wrong


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds how to print."""
    parser.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace) -> int:
    """Prints it; exit code 1 when no stack runs, or a part of it has ended or doesn't answer."""
    outputs = running_outputs()
    if wrong := what_is_wrong(Layout()):
        raise LocalStackError(wrong)
    seen = Observer(outputs).look()
    parts = running_parts()
    if options.json:
        print(json.dumps({"items": seen.items, "indexes": seen.documents, "dead_letters": seen.dead_letters,
                          "parts": parts}, indent=2))  # fmt: skip
        return _exit_code(seen)
    print(f"API        {outputs['api_url']}\nOpenSearch {outputs['opensearch_url']}\nItems      {seen.items}\n")
    rows = [[name, seen.documents[name], seen.dead_letters[name]] for name in outputs["indexes"]]
    print_table(["consumer", "documents", "dead letters"], rows)
    print()
    for line in part_lines(parts):
        print(line)
    return _exit_code(seen)


def _exit_code(seen: Observation) -> int:
    silent = [consumer for consumer, count in seen.documents.items() if count < 0]
    if silent:
        print(f"The index of {' and '.join(silent)} does not answer (-1): is it deleted or closed?", file=sys.stderr)
    return 1 if silent else 0


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
