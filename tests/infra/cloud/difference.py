"""Compares what the program wants with what the provider has read: the inputs that differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.infra.cloud.read_back import as_document, read_back
from tests.infra.cloud.schema import schema_of

# The token of a registry is another one each time: Image.Diff of pulumi/pulumi-docker-build leaves it out.
_NOT_COMPARED = {"docker-build:index:Image": {"registries": "password"}}


def changed_inputs(type_: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Names the inputs that an update would have to change."""
    found = read_back(type_, old)
    return {name for name in found.keys() | new.keys() if _differs(type_, name, found.get(name), new.get(name))}


def _differs(type_: str, name: str, found: Any, wanted: Any) -> bool:
    if not found and not wanted:
        return False  # providers don't tell nothing from an empty list, zero or false
    if wanted is None:
        # Left out, a computed input keeps its value; anything else would be taken away.
        return name not in schema_of(type_).always
    left_out = _NOT_COMPARED.get(type_, {}).get(name)
    return bool(_comparable(found, left_out) != _comparable(wanted, left_out))


def _comparable(value: Any, left_out: str | None) -> Any:
    """Providers compare documents by their meaning, not by their text."""
    if isinstance(value, dict):
        return {key: _comparable(item, left_out) for key, item in value.items() if key != left_out}
    if isinstance(value, list):
        return [_comparable(item, left_out) for item in value]
    document = as_document(value)
    return value if document is None else document
