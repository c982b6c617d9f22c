"""From any settings to any others: every update is taken, a second one changes nothing, and the end can be destroyed.

The stacks come one after the other, so each update takes away what the last settings brought and adds what the next do.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.infra.cloud.conftest import UNPROTECTED, Stacks, merged
from tests.infra.cloud.kinds import kinds
from tests.infra.variants import VARIANTS

OTHERS: dict[str, dict[str, Any]] = {
    "another stage": {"api": {"stage": "v2"}},
    "another stage with a key": {"api": {"stage": "v3", "authorization": "api_key"}},
    "another API": {"api": {"name": "other", "authorization": "api_key"}},
    "another alias": {"reader_alias": "other"},
    "shorter logs": {"log_retention_days": 7},
    "another queue of second deletes": {"second_delete": {"function_name": "other"}},
    "other operators": {
        "operators": {"arns": ["arn:aws:iam::123456789012:role/other"]},
        "collection": {"name": "other"},
    },
}


def test_every_change_of_settings_is_taken(stack: Stacks) -> None:
    settings = {**VARIANTS, **OTHERS, "defaults again": {}}
    current = stack(UNPROTECTED)
    refused, restless = {}, {}
    used = set[str]()

    for before, after in pairwise(settings):
        outcome = current.up(merged(UNPROTECTED, settings[after]))
        again = outcome.stack.again()
        if outcome.errors or again.errors:
            refused[f"{before} to {after}"] = (*outcome.errors, *again.errors)
        if again.changes:
            restless[after] = [str(step) for step in again.changes]
        used |= {goal.type for goal in outcome.stack.goals if goal.custom}
        current = outcome.stack

    assert refused == {}
    assert restless == {}
    assert used == set(kinds())
    assert current.destroy().errors == ()
