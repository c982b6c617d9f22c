"""Asks, then tries the program in an AWS account: `make trial`, or `make trial YES=1` where nobody can answer.

Exit codes: 0 the smoke test passed and nothing is left, 1 otherwise, 2 nobody has agreed.
"""

import os
import sys

from cli.questions import agrees
from local.ending import unwind_on_signals
from tools.trial.cost import describe
from tools.trial.course import trial
from tools.trial.needs import find_account, missing_tools
from tools.trial.settings import NAME

PASSED, PROBLEM, NOT_AGREED = 0, 1, 2


def main() -> int:
    """Looks, names the cost, asks, and runs."""
    account = find_account()
    problems = [*missing_tools(), *([account] if isinstance(account, str) else [])]
    if isinstance(account, str) or problems:
        print("A trial needs more than there is here:", *problems, sep="\n- ", file=sys.stderr)
        return PROBLEM
    print(
        f"This makes the stack {NAME} in account {account.number}, region {account.region}, as {account.operator}.\n"
        f"{describe(account.region)}"
    )
    if os.environ.get("YES") != "1":
        if not sys.stdin.isatty():
            print("There is no terminal to ask on: make trial YES=1 agrees to this cost.", file=sys.stderr)
            return NOT_AGREED
        if not agrees("Go on?"):
            print("Nothing was made.", file=sys.stderr)
            return NOT_AGREED
    unwind_on_signals()
    return PASSED if trial(account) else PROBLEM


if __name__ == "__main__":
    sys.exit(main())
