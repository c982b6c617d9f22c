"""Print the exports of the running stack, with `aws_endpoint_url` and `opensearch_url`.

Example: python -m local outputs --json
"""

import argparse
import json
import sys

from local.layout import Layout
from local.running import running_outputs
from local.survivors import what_is_wrong


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds how to print."""
    parser.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace) -> int:
    """Prints them, one a line or as JSON; exit code 1 when a part of the stack has ended."""
    outputs = running_outputs()
    wrong = what_is_wrong(Layout())
    if wrong:
        print(wrong, file=sys.stderr)
    if options.json:
        print(json.dumps(outputs, indent=2))
        return 1 if wrong else 0
    for name, value in outputs.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, item in value.items():
                print(f"  {key}: {item}")
        else:
            print(f"{name}: {value}")
    return 1 if wrong else 0
