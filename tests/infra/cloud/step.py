"""What an update did, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Operation = Literal["create", "update", "replace", "delete first", "delete", "keep", "same"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `inputs` are those that differ; `keep` is a delete that leaves the thing in the account."""

    operation: Operation
    type: str
    name: str
    inputs: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.operation} {self.type.rpartition(':')[2]} {self.name} {sorted(self.inputs) or ''}".rstrip()
