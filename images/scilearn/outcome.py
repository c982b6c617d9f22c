"""What an analysis gives: a JSON result and the plots that show it, drawn only if they are asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Draw = Callable[[Any], None]
"""Draws on a matplotlib Axes."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`result` holds JSON values and NumPy numbers (not finite: null); `plots` are drawing functions by name."""

    result: dict[str, Any]
    plots: Mapping[str, Draw] = field(default_factory=dict)
