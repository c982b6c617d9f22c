"""What every section of the configuration is: frozen, closed, and the judge of its own keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from infra.base.values import FunctionName, ImageDigest, MemoryMegabytes

FUNCTION_NAME_LIMIT = 64


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to change: the key's whole path, and what is wrong or allowed."""

    path: tuple[str, ...]
    message: str


@dataclass(frozen=True, kw_only=True)
class PhysicalName:
    """A name in AWS that the prefix stands before. `limit` counts both. Names of one `kind` must differ."""

    path: tuple[str, ...]
    name: str
    limit: int
    kind: str


class Section(BaseModel):
    """A mapping in `Pulumi.<stack>.yaml`: unknown keys are refused, values can't change.

    A key whose default can't be pasted has an example: `Field(examples=[...])`, as YAML text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def problems(self) -> Iterator[Problem]:
        """Yields what is wrong between this section's keys."""
        yield from ()

    def conflicts(self, stack: Any) -> Iterator[Problem]:  # noqa: ARG002 - for those that override it
        """Yields what is wrong between this section and others. A section names what it reads of them in a Protocol."""
        yield from ()

    def names(self) -> Iterator[PhysicalName]:
        """Yields the section's names in AWS."""
        yield from ()


class NamedFunctionSettings(Section):
    """What every function's section has, also of one that runs the image of another; a room narrows the bounds."""

    function_name: FunctionName
    memory_mb: MemoryMegabytes
    timeout_seconds: int

    def function_names(self, *path: str, suffix: str = "") -> Iterator[PhysicalName]:
        """Yields the function's name, with room for the suffix of a second function that is named after it."""
        yield PhysicalName(
            path=(*path, "function_name"),
            name=self.function_name,
            limit=FUNCTION_NAME_LIMIT - len(suffix),
            kind="function",
        )


class FunctionSettings(NamedFunctionSettings):
    """What the section of a function with an image of its own has."""

    image_digest: ImageDigest | None = Field(default=None, examples=["sha256:" + "0" * 64])
