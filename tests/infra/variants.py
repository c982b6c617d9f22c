"""The stacks that the program is tried as: the defaults, and every branch that a room's configuration opens."""

from __future__ import annotations

from typing import Any

from tests.infra.rooms import merged

VARIANTS: dict[str, dict[str, Any]] = {"defaults": {}, **merged("variants", "VARIANTS")}
