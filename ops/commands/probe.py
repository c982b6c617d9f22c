"""Try out whether the search collection keeps what the sync relies on: versions, deletes, ids, access.

Writes into a new index or, without the right to create one, under ids that no item can have; removes all of it. It
checks with your credentials: what the functions may do depends on their roles. Run it once after the first deploy.

Example: python -m ops probe --stack local --json
"""

import argparse
import json

from changefeed.write.bulk_transport import BulkTransport
from cli import progress
from cli.numbers import seconds
from ops.probe.checks import Finding
from ops.probe.probe import probe
from ops.stack import add_stack_arguments, open_stack
from ops.trouble.search import where_of

POLICY_SECONDS = 75


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds whose index, and how long a refusal may be due to a new policy."""
    add_stack_arguments(parser)
    parser.add_argument("consumers", nargs="*", metavar="CONSUMER", help="whose index; all of them if none is named")
    parser.add_argument("--wait", type=seconds, default=POLICY_SECONDS, metavar="SECONDS", help="how long to ask again "
                        "after a refusal: access policies take up to a minute to act (%(default)s)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the findings as JSON on standard output")


def run(options: argparse.Namespace) -> int:
    """Runs it. Returns 0 when every check is ok."""
    stack = open_stack(options.stack, options.outputs)
    places = [where_of(stack, consumer) for consumer in stack.consumers(options.consumers)]

    def open_index(name: str) -> BulkTransport:
        return BulkTransport(endpoint=stack.search_endpoint, index=name, region=stack.region)

    findings: list[Finding] = []
    checking = f"checking {stack.search_endpoint}"
    progress.stage(checking)
    for finding in probe(stack.search(), open_index, places, wait_seconds=options.wait):
        findings.append(finding)
        progress.stage(checking)
        if not options.json:
            print(f"{'ok    ' if finding.ok else 'FAILED'} {finding.check}: {finding.detail}")
            if finding.advice:
                print(f"       {finding.advice}")
    ok = all(finding.ok for finding in findings)
    if options.json:
        print(json.dumps({"ok": ok, "checks": [finding.as_json() for finding in findings]}))
    return 0 if ok else 1
