"""The `stack` fixture: stacks in the fake account, by their settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.infra.cloud.stack import Stack

Stacks = Callable[..., Stack]

UNPROTECTED: dict[str, Any] = {"protect": False, "table": {"deletion_protection": False}}
"""What docs/deploy.md says to set before data may go."""


def merged(*settings: Mapping[str, Any]) -> dict[str, Any]:
    """Merges settings; a later one wins."""
    result: dict[str, Any] = {}
    for each in settings:
        for key, value in each.items():
            inner = result.get(key)
            result[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result


@pytest.fixture(scope="session")
def made_stacks() -> dict[str, Stack]:
    """Stacks by their settings: a stack is never changed, so tests share it."""
    return {}


@pytest.fixture
def stack(made_stacks: dict[str, Stack]) -> Stacks:
    """`stack(settings)`: made from nothing by one update."""

    def stack(settings: Mapping[str, Any] | None = None) -> Stack:
        key = json.dumps(settings, sort_keys=True)
        if key not in made_stacks:
            outcome = Stack().up(settings)
            assert outcome.errors == ()
            made_stacks[key] = outcome.stack
        return made_stacks[key]

    return stack
