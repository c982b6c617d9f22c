"""Measures whether a handler's memory grows over many batches of 1,000 records, after the first 50.

Events are parsed again for each batch, as Lambda's runtime does. Exit code 1 when it grew.

Example: python -m bench.memory --batches 1000
"""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence

import psutil

from bench.sync.arms import UnlimitedTime
from bench.sync.documents import orders
from bench.sync.events import NOTHING_FAILED
from bench.sync.handlers import Feed, stubbed_handler
from bench.sync.workload import answer_of

WARM_UP_BATCHES = 50
ALLOWED_GROWTH_MB = 1.0
RECORDS = 1_000


def growth(feed: Feed, batches: int, *, warm_up: int = WARM_UP_BATCHES, records: int = RECORDS) -> dict[str, float]:
    """Measures the process in megabytes: `{"after_warm_up", "at_end", "growth"}`."""
    process = psutil.Process()
    handler = stubbed_handler(feed, lambda body, _: (200, answer_of(body.count(b'"version_type"'))))
    after_warm_up = 0.0
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        text, made_at = "", 0.0
        for number in range(batches):
            if time.monotonic() - made_at > 20:  # older images would be read from the table
                (text,), made_at = feed.events(orders(records, 1_000), time.time()), time.monotonic()
            assert handler(json.loads(text), UnlimitedTime()) == NOTHING_FAILED
            if number + 1 == warm_up:
                after_warm_up = process.memory_info().rss / 1e6
    at_end = process.memory_info().rss / 1e6
    return {
        "after_warm_up": round(after_warm_up, 2),
        "at_end": round(at_end, 2),
        "growth": round(at_end - after_warm_up, 2),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it. Returns 0 when neither handler grew, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--batches", type=int, default=1_000, help="of each handler (default: %(default)s)")
    options = parser.parse_args(arguments)
    found = {feed.value: growth(feed, options.batches) for feed in Feed}
    print(json.dumps(found, indent=2))  # noqa: T201 — this command's output
    return 1 if any(handler["growth"] > ALLOWED_GROWTH_MB for handler in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
