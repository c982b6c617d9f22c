"""What the providers do with a type, by kinds.toml: what replaces, what AWS takes once, what goes first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One type. The fields are explained in kinds.toml."""

    source: str
    replaces: tuple[str, ...]
    unique: tuple[str, ...] | None = None
    put: bool = False
    first: bool = False
    named: str = "name"
    framework: bool = False

    def key(self, properties: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Returns what AWS tells two of the type apart by; None where any number may be alike."""
        return None if self.unique is None else tuple(properties.get(name) for name in self.unique)

    def goes_first(self, inputs: Mapping[str, Any]) -> bool:
        """Whether the provider deletes the old one before it makes the new one, when the program doesn't say."""
        return self.first or (not self.framework and self.named in inputs)


@cache
def kinds() -> dict[str, Kind]:
    """Reads all facts. A type that has none is an error of whoever asks: add it with its source."""
    return {type_: _kind(facts) for type_, facts in tomllib.loads(FACTS.read_text(encoding="utf-8")).items()}


def _kind(facts: dict[str, Any]) -> Kind:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    return Kind(**fields)
