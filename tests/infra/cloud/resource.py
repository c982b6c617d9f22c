"""What a program registers, and what a state keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One registration: inputs on the wire's names, without the wrappers of secrets, and the options."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    custom: bool = True
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    """None where the program doesn't say: then the provider does."""
    replace_on_changes: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    deleted_with: str = ""
    aliases: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()

    @property
    def needs(self) -> set[str]:
        """URNs of what must be there before it and may go only after it."""
        provider = self.provider.rpartition("::")[0]
        return {*self.dependencies, *filter(None, (self.parent, provider, self.deleted_with))}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A goal that was reached. `generation` counts how often the resource was replaced."""

    goal: Goal
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0

    @property
    def properties(self) -> dict[str, Any]:
        """Outputs and the inputs that are no outputs, as AWS has them."""
        return {**self.goal.inputs, **self.outputs}
