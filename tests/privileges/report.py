"""Writes docs/privileges.md: what fails without each right, and which rights can't be tried here."""

from collections.abc import Sequence
from itertools import groupby

from tests.privileges.flow import Verdict
from tests.privileges.rights import RoleRight
from tools.reference.markdown import table

HEAD = """# Least privilege, tried

`python -m tests.privileges` wrote this page. It starts a local stack, where every call needs a right, and takes each
action of each statement of each role's policy away in turn. *Without it* is what then doesn't happen: the call was
refused, and the goal was not reached. With the right given back it was. A right that nothing misses makes the command
fail, and so does a right that the command doesn't know.

How the local stack authorises, and where MiniStack had to be helped: [emulation.md](emulation.md#authorisation).
"""
NOT_TRIED = """
## Not enforced here

These rights stay because AWS asks for them. The embedded AWS can't show it.
"""
RESOURCES = """
## What resources say themselves

A role's trust and a function's permission are taken away in the same manner. A queue's and a bucket's policy refuse
calls without TLS: the same call is answered with TLS, and without it once the policy is away.
"""
OTHERS = """
The policies of image repositories are declared only, and so is the account's role for the gateway's logs. Nothing of a
private network, a mounted file system or a bucket of failures is in the local stack: its settings have none of them.
"""


def page(
    verdicts: Sequence[Verdict],
    reasons: Sequence[tuple[RoleRight, str]],
    resources: Sequence[Verdict],
    plain: Sequence[str],
) -> str:
    """Returns the page."""
    parts = [HEAD]
    for holder, found in groupby(verdicts, key=lambda verdict: verdict.right.holder):
        rows = [[f"`{each.right.action}`", each.right.on, f"Not so: {each.goal}"] for each in found]
        parts += [f"\n## {holder}\n", table(["Right", "On", "Without it"], rows)]
    rows = [[f"`{right.holder}`", f"`{right.action}`", right.on, why] for right, why in reasons]
    parts += [NOT_TRIED, table(["Role", "Right", "On", "Why"], rows)]
    rows = [[f"`{each.right.holder}`", f"`{each.right.action}`", f"Not so: {each.goal}"] for each in resources]
    rows += [[name, "refusal of plain text", "A call without TLS is answered"] for name in plain]
    parts += [RESOURCES, table(["Resource", "Statement", "Without it"], rows), OTHERS.rstrip()]
    return "\n".join(parts) + "\n"
