"""Print the log lines of functions, oldest first; of all functions if none is named.

With --follow it goes on with what comes, until Ctrl-C, also for a function that has not written anything yet. Lines of
several functions have the function's name before them.

Example: python -m local logs sync_kinesis_stream --follow
"""

import argparse
import time
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError

from cli import progress
from cli.numbers import whole
from cli.suggestion import did_you_mean
from local.errors import LocalStackError
from local.function_log import FunctionLog
from local.layout import Layout
from local.running import running_outputs
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from local.state import lock_holder

LOOK_SECONDS = 0.5
ENDING_SECONDS = 20.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds which functions, how much, and whether to stay."""
    parser.add_argument(
        "function",
        nargs="*",
        metavar="FUNCTION",
        help="a function's name, or its key in `functions` of the outputs, such as sync_kinesis_stream",
    )
    parser.add_argument(
        "--lines", type=whole("lines"), default=200, metavar="N", help="the last so many lines (%(default)s)"
    )
    parser.add_argument("--follow", action="store_true", help="go on with new lines, until Ctrl-C")


def run(options: argparse.Namespace) -> int:
    """Prints the lines. Ctrl-C is the end that --follow is meant to have."""
    outputs = running_outputs()
    names = _names(options.function, outputs)
    progress.stage(f"reading the log of {', '.join(names)}")
    logs = aws_client(outputs["aws_endpoint_url"], REGION, "logs")
    sources = [FunctionLog(logs, name) for name in names]
    try:
        _print(_look(sources)[-options.lines :], named=len(names) > 1)
        with progress.paused():  # the lines themselves are the sign of life
            while options.follow:
                time.sleep(LOOK_SECONDS)
                _print(_look(sources), named=len(names) > 1)
    except KeyboardInterrupt:
        if not options.follow:
            raise
    except BotoCoreError:
        _say_why_it_ended()
        raise
    return 0


def _names(asked: list[str], outputs: dict[str, Any]) -> list[str]:
    """Returns the functions' names, each once."""
    pages = aws_client(outputs["aws_endpoint_url"], REGION, "lambda").get_paginator("list_functions").paginate()
    known = sorted(function["FunctionName"] for page in pages for function in page["Functions"])
    names = list(dict.fromkeys(outputs["functions"].get(name, name) for name in asked))
    if unknown := [name for name in names if name not in known]:
        meant = did_you_mean(unknown[0], [*known, *outputs["functions"]])
        raise LocalStackError(f"No function is called {', '.join(unknown)}. There are: {', '.join(known)}.{meant}")
    return names or known


def _look(sources: list[FunctionLog]) -> list[tuple[int, str, str]]:
    """Returns the new lines of all of them by their time; those of one time stay together and in order."""
    lines = [(at, source.function, text) for source in sources for at, text in source.new_lines()]
    return sorted(lines, key=lambda line: line[:2])


def _print(lines: Iterable[tuple[int, str, str]], *, named: bool) -> None:
    for _, function, text in lines:
        print(f"{function}: {text}" if named else text, flush=True)


def _say_why_it_ended() -> None:
    """Raises LocalStackError with the reason as soon as the stack, whose service has gone away, has ended."""
    deadline = time.monotonic() + ENDING_SECONDS
    while lock_holder(Layout()) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    running_outputs()
