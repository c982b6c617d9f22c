"""Print the log lines of a function, oldest first.

Example: python -m local logs sync-data-with-dynamodb-stream --lines 50
"""

import argparse

from cli import progress
from cli.numbers import whole
from cli.suggestion import did_you_mean
from local.errors import LocalStackError
from local.running import running_outputs
from local.services.aws_client import aws_client
from local.services.ministack import REGION


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds which function, and how much."""
    parser.add_argument(
        "function", metavar="FUNCTION", help="a function's name, or a consumer's (python -m local outputs lists both)"
    )
    parser.add_argument(
        "--lines", type=whole("lines"), default=200, metavar="N", help="the last so many lines (%(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Prints the lines."""
    outputs = running_outputs()
    functions: dict[str, str] = outputs["functions"]
    name = functions.get(options.function, options.function)
    progress.stage(f"reading the log of {name}")
    logs = aws_client(outputs["aws_endpoint_url"], REGION, "logs")
    events: list[tuple[int, str]] = []
    try:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}"):
            events += [(event["timestamp"], event["message"].rstrip("\n")) for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        known = ", ".join(sorted(functions.values()))
        meant = did_you_mean(name, [*functions.values(), *functions])
        raise LocalStackError(f"No function {name!r} has a log. There are: {known}.{meant}") from None
    for _, message in sorted(events, key=lambda event: event[0])[-options.lines :]:
        print(message)
    return 0
