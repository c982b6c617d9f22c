"""Sends a burst of analysis requests, copies and poison among them: how fast does the API answer, what became of each?

Each request must be settled once, as it was meant to be: by the status table (claimed once, settled once), by the files
in S3, by the function's own log lines, and by the records at both destinations. Latency is that of one POST as its
client sees it, signing left out. Writes build/bench-analyses.json. Exit code 0 only if all of it held.

Example: python -m bench.analyses --requests 2000
"""

import sys

from bench.analyses.measure import measure
from bench.analyses.service import Service
from bench.measurement import leave, parser
from bench.own_stack import own_stack
from local.layout import ROOT

REPORT = ROOT / "build" / "bench-analyses.json"


def main() -> int:
    """Measures in a new local stack. Returns the exit code."""
    arguments = parser("analyses", __doc__)
    arguments.add_argument("--requests", type=int, default=2_000, metavar="N", help="in the burst (%(default)s)")
    count = arguments.parse_args().requests
    with own_stack() as stack:
        service = Service.of(stack.outputs)
        result = measure(service, count, stack.parts("asynchronous invocation")[service.function].is_idle)
    return leave(result, ok=result["ok"], file=REPORT)


if __name__ == "__main__":
    sys.exit(main())
