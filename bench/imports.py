"""Measures a cold start in Python: a handler's import, what takes the time, and until the first record is handled.

Medians of fresh processes. The targets are this project's: 150 ms for the import, 200 ms to the first record.

Example: python -m bench.imports --json
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.sync.handlers import Feed, environment

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7
LONGEST_IMPORT_MS = 150
LONGEST_TO_FIRST_RECORD_MS = 200
HEAVY = ("boto3", "botocore", "opensearchpy")
_IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")
_ENDPOINT = {"loopback": "http://127.0.0.1:9", "collection": "https://abc.eu-west-1.aoss.amazonaws.com"}
_ROLE = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}  # fmt: skip
_PROGRAM = """
import json, sys, time
started = time.perf_counter()
import {name}.handler as module
imported = time.perf_counter()
event = json.load(sys.stdin)
class Context:
    def get_remaining_time_in_millis(self): return 60_000
from dataclasses import replace
post = lambda body, _: lambda _: (200, b'{{"took":1,"errors":false,"items":[{{"index":{{"status":201}}}}]}}')
handler = replace(module.handler, write=replace(module.handler.write, post=post, trust_seconds=1e10))
ready = time.perf_counter()
sys.stdout = sys.stderr
assert handler(event, Context()) == {{"batchItemFailures": []}}
handled = time.perf_counter()
heavy = sorted(set({heavy!r}) & set(sys.modules))
sys.stdout = sys.__stdout__
print(json.dumps({{"import": (imported - started) * 1e3,
                  "to_first_record": (imported - started + handled - ready) * 1e3, "heavy": heavy}}))
"""


def measure(feed: Feed, endpoint: str = "collection", runs: int = RUNS) -> dict[str, Any]:
    """Measures medians in milliseconds: `{"import", "to_first_record", "heavy": [unwanted modules]}`."""
    event = (ROOT / "tests/events" / f"{feed.removeprefix('sync_')}_insert.json").read_text()
    program = _PROGRAM.format(name=feed.value, heavy=HEAVY)
    answers = [json.loads(_run(["-c", program], endpoint, event).stdout) for _ in range(runs)]
    return {
        "import": round(statistics.median(run["import"] for run in answers), 1),
        "to_first_record": round(statistics.median(run["to_first_record"] for run in answers), 1),
        "heavy": answers[0]["heavy"],
    }


def where_it_goes(feed: Feed, endpoint: str = "collection", longest: int = 12) -> list[tuple[str, float]]:
    """Lists the slowest modules with all that they import, in milliseconds, by `-X importtime`."""
    lines = _run(["-X", "importtime", "-c", f"import {feed}.handler"], endpoint, "").stderr.splitlines()
    rows = [(match[4], int(match[2]) / 1e3) for line in lines if (match := _IMPORT_LINE.match(line))]
    return sorted(rows, key=lambda row: -row[1])[:longest]


def _run(arguments: list[str], endpoint: str, text: str) -> "subprocess.CompletedProcess[str]":
    variables = environment(_ENDPOINT[endpoint], "bench") | _ROLE
    variables |= {"TABLE_NAME": "lab-table", "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "images")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=variables, input=text, capture_output=True, text=True, check=True
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it. Returns 0 when both targets are met and nothing heavy is imported, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--runs", type=int, default=RUNS, help="fresh processes a handler (default: %(default)s)")
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {
        feed.value: measure(feed, runs=options.runs) | {"where": where_it_goes(feed)} for feed in Feed
    }
    if options.json:
        print(json.dumps(found, indent=2))  # noqa: T201 — this command's output
    else:
        _show(found)
    slow = any(
        handler["import"] > LONGEST_IMPORT_MS
        or handler["to_first_record"] > LONGEST_TO_FIRST_RECORD_MS
        or handler["heavy"]
        for handler in found.values()
    )
    return 1 if slow else 0


def _show(found: dict[str, Any]) -> None:
    console = Console()
    for name, handler in found.items():
        table = Table(
            "module, with what it imports", "ms", title=f"{name}: import {handler['import']} ms "
            f"(target {LONGEST_IMPORT_MS}), to the first record {handler['to_first_record']} ms "
            f"(target {LONGEST_TO_FIRST_RECORD_MS})",
        )  # fmt: skip
        for module, milliseconds in handler["where"]:
            table.add_row(module, f"{milliseconds:.1f}")
        console.print(table)


if __name__ == "__main__":
    sys.exit(main())
