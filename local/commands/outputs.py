"""Print the exports of the running stack, with `aws_endpoint_url` and `opensearch_url`.

Example: python -m local outputs --json
"""

import argparse
import json

from local.running import running_outputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds how to print."""
    parser.add_argument("--json", action="store_true", help="for machines")


def run(options: argparse.Namespace) -> int:
    """Prints them, one a line or as JSON."""
    outputs = running_outputs()
    if options.json:
        print(json.dumps(outputs, indent=2))
        return 0
    for name, value in outputs.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, item in value.items():
                print(f"  {key}: {item}")
        else:
            print(f"{name}: {value}")
    return 0
