"""Puts the rooms' contracts together: exports, access to the collection, and alarms, with nothing configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.infra.rooms import gathered, merged

Exports = Mapping[str, set[str] | None]
"""Each export, with its keys where it is a mapping."""
Access = Mapping[str, Sequence[tuple[list[str], list[str], str]]]
"""Each data access policy: resources, permissions, and whose role has them."""


def all_exports() -> dict[str, set[str] | None]:
    """Merges what the rooms export, and the keys of mappings."""
    result: dict[str, set[str] | None] = {}
    for exports in gathered("contract", "EXPORTS"):
        for name, keys in exports.items():
            known = result.get(name)
            result[name] = keys if keys is None or known is None else known | keys
    return {**result, "alarms": all_alarms()}  # the monitoring room exports every room's


def all_access() -> dict[str, Sequence[tuple[list[str], list[str], list[str]]]]:
    """Merges the rooms' data access policies, with the roles' ARNs."""
    role = "arn:aws:iam::123456789012:role/{}-role-1a2b3c4"
    return {
        name: [(resources, permissions, [role.format(who)]) for resources, permissions, who in rules]
        for name, rules in merged("contract", "ACCESS").items()
    }


def all_alarms() -> set[str]:
    """Merges the names of the rooms' alarms."""
    return {name for alarms in gathered("contract", "ALARMS") for name in alarms}
