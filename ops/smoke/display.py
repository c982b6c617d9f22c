"""Shows a run: a line as each check ends, with cause and cure of what has failed."""

from ops.smoke.check import Finding, State

_WORDS = {State.OK: "ok     ", State.FAILED: "FAILED ", State.SKIPPED: "-      "}


def print_finding(finding: Finding) -> None:
    """Prints a check's line on standard output, with cause and cure below it."""
    took = f" ({finding.seconds:.1f} s)" if finding.state is not State.SKIPPED else ""
    print(f"{_WORDS[finding.state]}{finding.check}: {finding.detail}{took}", flush=True)
    if finding.state is State.FAILED:
        print(f"       cause: {finding.cause}.\n       cure:  {finding.cure}", flush=True)
