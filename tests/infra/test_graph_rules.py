"""Every rule of every room holds for the whole program, in each of its variants, and each rule can fail.

Not proven here: that AWS takes what is declared.
"""

from __future__ import annotations

import dataclasses

import pytest

from tests.infra.conftest import Deploy
from tests.infra.rooms import gathered
from tests.infra.spoiling import Fault, Rule, Spoil
from tests.infra.variants import VARIANTS

RULES: list[Rule] = [rule for rules in gathered("rules", "RULES") for rule in rules]
FAULTS: list[Fault] = [fault for faults in gathered("faults", "FAULTS") for fault in faults]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_of_the_program_keeps_every_rule(deploy: Deploy, variant: str) -> None:
    graph = deploy(VARIANTS[variant])

    assert [violation for rule in RULES for violation in rule(graph)] == []


@pytest.mark.parametrize(
    ("rule", "spoil"), FAULTS, ids=[f"{rule.__name__}-{number}" for number, (rule, _) in enumerate(FAULTS)]
)
def test_rule_catches_a_seeded_violation(deploy: Deploy, rule: Rule, spoil: Spoil) -> None:
    original = deploy(VARIANTS["failures in buckets"])
    graph = dataclasses.replace(
        original,
        registrations=list(original.registrations),
        registered_outputs=dict(original.registered_outputs),
    )
    assert rule(graph) == []

    spoil(graph)

    assert rule(graph) != []


def test_every_rule_has_a_seeded_violation() -> None:
    assert {rule.__name__ for rule, _ in FAULTS} == {rule.__name__ for rule in RULES}
