"""The steps of a trial, in order. Whatever happens after `up` has begun, the stack is destroyed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

from local.ending import undisturbed
from tools.trial.needs import SECRETS_PROVIDER, Account
from tools.trial.settings import NAME, write_settings

STACK = ("--stack", NAME, "--non-interactive")
SMOKE = (sys.executable, "-m", "ops", "smoke", "--stack", NAME)
COULD_NOT_START = 127
STAYS = (
    "Nothing is left that costs. The account keeps its role for API logs, if it had none, and for 35 days the table's "
    'last backup: docs/deploy.md, "Tear down".'
)
Run = Callable[[Sequence[str]], int]
"""Runs a command to its end. Returns its exit code."""


def run_to_the_end(command: Sequence[str]) -> int:
    """Runs it in a session of its own, so that Ctrl-C reaches this program alone, which passes it on once.

    Pulumi then ends what it is at, and lets go of its state; a second signal would leave both behind.
    """
    print(f"\n$ {' '.join(command)}", flush=True)
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}.", file=sys.stderr)
        return COULD_NOT_START
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


def trial(account: Account, run: Run = run_to_the_end, smoke: Sequence[str] = SMOKE) -> bool:
    """Makes the stack, proves it, and destroys it. True when the proof was green and nothing is left."""
    begun = passed = False
    try:
        if run(["pulumi", "stack", "init", NAME, "--no-select", "--non-interactive", *_secrets()]) != 0:
            print("The stack could not be made, and nothing was deployed: Pulumi says why above.", file=sys.stderr)
            return False
        write_settings(account.region, account.operator)
        if run(["pulumi", "preview", *STACK]) == 0:
            begun = True
            passed = run(["pulumi", "up", "--yes", "--skip-preview", *STACK]) == 0 and run(list(smoke)) == 0
    except KeyboardInterrupt:
        print("\nInterrupted. What was made is destroyed now; further signals are ignored.", file=sys.stderr)
    left = STAYS if begun else "Nothing is left."
    with undisturbed():  # half a destroy costs as much as none
        gone = _destroyed(account, run, begun=begun)
    print(f"\nThe trial has {'passed' if passed else 'not passed'}. {left if gone else 'See above.'}")
    return passed and gone


def _destroyed(account: Account, run: Run, *, begun: bool) -> bool:
    if begun and run(["pulumi", "destroy", "--yes", "--skip-preview", *STACK]) != 0:
        print(
            f"\nNOT everything is destroyed, and what is left costs money in account {account.number}, "
            f"{account.region}. Do this until `destroy` says that nothing is left:\n"
            f"  pulumi cancel --stack {NAME} --yes                            # if it says that the stack is locked\n"
            f"  pulumi refresh --stack {NAME} --yes --clear-pending-creates   # if it speaks of pending operations\n"
            f"  pulumi destroy --stack {NAME} --yes\n"
            f"  pulumi stack rm {NAME} --yes\n"
            f"Look yourself whether the collection {NAME}-lab-search is gone (OpenSearch Service, Serverless): it is "
            "what costs most.",
            file=sys.stderr,
        )
        return False
    return run(["pulumi", "stack", "rm", NAME, "--yes", "--non-interactive"]) == 0


def _secrets() -> list[str]:
    provider = os.environ.get(SECRETS_PROVIDER)
    return ["--secrets-provider", provider] if provider else []
