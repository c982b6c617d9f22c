"""Takes each right of each role away in turn, and writes docs/privileges.md: what fails without it.

One local stack; it takes a while. It fails for a right that nothing misses, and for one that it doesn't know.

With words it tries the rights that have one of them, and writes no page.

Example: python -m tests.privileges
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.own_stack import own_stack
from local.layout import ROOT
from tests.privileges.api_flows import prepare_inputs
from tests.privileges.expected import shown_by
from tests.privileges.flow import Flow, Verdict, try_without
from tests.privileges.report import page
from tests.privileges.resource_rights import invocations, plain_text, trusts
from tests.privileges.rig import Rig
from tests.privileges.rights import Right, RoleRight, role_rights
from tests.privileges.sync_flows import prepare_indexes

PAGE = ROOT / "docs" / "privileges.md"


def main() -> int:
    """Tries all of them. Returns 1 if one of them isn't needed."""
    with own_stack() as stack, tempfile.TemporaryDirectory() as scratch:
        rig = Rig(stack.outputs, Path(scratch))
        prepare_indexes(rig)
        prepare_inputs(rig)
        return try_all(rig, sys.argv[1:])


def try_all(rig: Rig, words: Sequence[str] = ()) -> int:
    """Tries each right of a running stack, and writes the page if all are needed; with words, some of them."""
    verdicts: list[Verdict] = []
    resources: list[Verdict] = []
    reasons: list[tuple[RoleRight, str]] = []
    for right in sorted(role_rights(rig), key=lambda one: (one.holder, one.on, one.action)):
        if words and not any(word in f"{right.holder} {right.action} {right.on}" for word in words):
            continue
        shown = shown_by(right)
        if isinstance(shown, str):
            reasons.append((right, shown))
        else:
            verdicts.append(_say(right, rig, shown))
    if words:
        return 0 if all(verdict.is_needed for verdict in verdicts) else 1
    for other, flow in [*trusts(rig), *invocations(rig)]:
        resources.append(_say(other, rig, flow))
    plain = plain_text(rig)
    _print(str(plain))
    if not all(verdict.is_needed for verdict in (*verdicts, *resources)) or not all(plain.values()):
        return 1
    PAGE.write_text(page(verdicts, reasons, resources, sorted(plain)), encoding="utf-8")
    return 0


def _say(right: Right, rig: Rig, flow: Flow) -> Verdict:
    verdict = try_without(rig, right, flow)
    word = f"NOT SHOWN (refused {verdict.refused}, reached {verdict.reached}, goes on {verdict.goes_on})"
    word = "needed" if verdict.is_needed else word
    _print(f"{word}: {right.holder} {right.action} on {right.on}: {verdict.goal}")
    return verdict


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 — this command's output


if __name__ == "__main__":
    sys.exit(main())
