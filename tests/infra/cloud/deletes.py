"""The order of deletes: users before what they use, and for the rest the order that is most likely to fail.

Pulumi deletes side by side whatever doesn't depend on one another. Where AWS wants an order and the program doesn't say
so by a dependency, an update fails now and then; here it fails every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.infra.cloud.account import Account
from tests.infra.cloud.resource import Resource


def in_worst_order(resources: Sequence[Resource], account: Account) -> Iterator[Resource]:
    """Yields each resource when everything that needs it has gone; first those that AWS would refuse at that moment."""
    remaining = list(resources)
    while remaining:
        needed = {urn for each in remaining for urn in _needs(each)}
        ready = [each for each in remaining if each.goal.urn not in needed]
        assert ready, f"these need one another: {[each.goal.name for each in remaining]}"
        chosen = next((each for each in ready if account.why_not(each)), ready[-1])
        remaining.remove(chosen)
        yield chosen


def _needs(resource: Resource) -> set[str]:
    """Not itself: a replaced resource and its predecessor have one URN."""
    return resource.goal.needs - {resource.goal.urn}
