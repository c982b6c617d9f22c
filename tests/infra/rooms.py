"""Gathers what the rooms of tests/infra offer, so that a new room edits no list: `<room>/<module>.py` and its NAME."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent


def gathered(module: str, name: str) -> list[Any]:
    """Returns `name` of every `tests/infra/<room>/<module>.py` that there is, in the order of the rooms' names."""
    paths = sorted(ROOT.glob(f"*/{module}.py"))
    return [getattr(import_module(f"tests.infra.{path.parent.name}.{module}"), name) for path in paths]


def merged(module: str, name: str) -> dict[str, Any]:
    """Merges dictionaries. A key that two rooms use is an error."""
    result: dict[str, Any] = {}
    for each in gathered(module, name):
        doubled = result.keys() & each.keys()
        assert not doubled, f"{name} of two rooms have {sorted(doubled)}"
        result |= each
    return result
