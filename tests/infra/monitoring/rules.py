"""What must hold for every alarm."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment


def alarms_know_silence(graph: Deployment) -> list[str]:
    """Missing data is decided, not left to CloudWatch's default."""
    return [
        f"{entry.name} doesn't say" for entry in graph.all(types.ALARM) if entry.inputs.get("treatMissingData") is None
    ]


RULES = (alarms_know_silence,)
