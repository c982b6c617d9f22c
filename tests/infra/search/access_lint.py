"""Lints a rule of a collection's own policies: AWS keeps no list of these permissions that a program could read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# "Supported policy permissions" and "Policy syntax" of
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html
PERMISSIONS = {
    "collection": {f"aoss:{verb}CollectionItems" for verb in ("Create", "Delete", "Describe", "Update")},
    "index": {
        *(f"aoss:{verb}Index" for verb in ("Create", "Delete", "Describe", "Update")),
        "aoss:ReadDocument",
        "aoss:WriteDocument",
    },
}
# A network policy's rules, and an encryption policy's, permit nothing: dashboards are named as their collection.
_COLLECTION = r"collection/[a-z][a-z0-9-]{2,31}"
RESOURCES = {
    "collection": re.compile(_COLLECTION),
    "dashboard": re.compile(_COLLECTION),
    "index": re.compile(r"index/[a-z][a-z0-9-]{2,31}/[^/,]+"),
}


def problems_of(rule: dict[str, Any], *, is_data: bool) -> Iterator[str]:
    """Yields what is wrong with one rule, of a data access policy or of the two other kinds."""
    kind = rule.get("ResourceType", "")
    for resource in rule.get("Resource", []):
        if kind not in RESOURCES or not RESOURCES[kind].fullmatch(resource):
            yield f"{resource} is not of type {kind!r}"
    if is_data and not rule.get("Permission"):
        yield "permits nothing"
    for permission in rule.get("Permission", []):
        if permission not in PERMISSIONS.get(kind, set()):
            yield f"{permission} is no permission on type {kind!r}"
