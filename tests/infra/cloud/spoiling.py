"""Changes registrations on their way: seeds a fault, or stands for an edit of the program."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tests.infra.cloud.monitor import Spoil
from tests.infra.cloud.resource import Goal


def changing(type_: str, name: str | None = None, *, inputs: Mapping[str, Any] | None = None, **options: Any) -> Spoil:
    """Changes inputs (None removes one) and options of the type's registrations, or of the named one."""

    def spoil(goal: Goal) -> Goal:
        if goal.type != type_ or name not in (None, goal.name):
            return goal
        changed = {key: value for key, value in {**goal.inputs, **(inputs or {})}.items() if value is not None}
        return dataclasses.replace(goal, inputs=changed, **options)

    return spoil
