"""What a capability offers to the rooms that know no capability by name: operators, monitoring, the API, exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.base.alarm import Alarm
from infra.base.routes import QueueRoutes
from infra.rights.documents import Statements


@dataclass(frozen=True, kw_only=True)
class Capability:
    """Collections, empty where the capability has nothing to offer or is switched off.

    `operator_rights` and `operator_indexes` are what the commands of `python -m ops` reach.
    """

    exports: Mapping[str, Any] = field(default_factory=dict)
    operator_rights: Statements = ()
    operator_indexes: Sequence[str] = ()
    routes: Sequence[QueueRoutes] = ()
    alarms: Sequence[Alarm] = ()


def merged_exports(capabilities: Iterable[Capability]) -> dict[str, Any]:
    """Merges the exports, and the keys of those that are mappings.

    Raises ValueError for a name, or a key of a mapping, that two capabilities export.
    """
    merged: dict[str, Any] = {}
    for capability in capabilities:
        for name, value in capability.exports.items():
            known = merged.get(name, {})
            if name in merged and not (isinstance(known, Mapping) and isinstance(value, Mapping)):
                raise ValueError(f"Two capabilities export {name}: give one of them another name.")
            if isinstance(value, Mapping):
                doubled = sorted(known.keys() & value.keys())
                if doubled:
                    raise ValueError(f"Two capabilities export {doubled} in {name}: give one of them another key.")
            merged[name] = {**known, **value} if isinstance(value, Mapping) else value
    return merged
