"""What must hold for the collection and its policies."""

from __future__ import annotations

import json
import re

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.search.access_lint import problems_of


def collections_take_own_ids(graph: Deployment) -> list[str]:
    """Type SEARCH, after its policies, names that the service takes."""
    known = graph.by_urn()
    found = []
    for entry in graph.all(types.COLLECTION):
        if entry.inputs.get("type") != "SEARCH":
            found.append(f"{entry.name} isn't of type SEARCH")
        before = {known[urn].inputs.get("type") for urn in entry.dependencies if urn in known}
        found += [
            f"{entry.name} isn't after its {kind} policy" for kind in ("encryption", "network") if kind not in before
        ]
    found += [
        f"{entry.name}: {entry.inputs.get('name')!r} isn't a name of 3 to 32 characters"
        for type_ in (types.COLLECTION, types.SECURITY_POLICY, types.ACCESS_POLICY)
        for entry in graph.all(type_)
        if not re.fullmatch(r"[a-z][a-z0-9-]{2,31}", str(entry.inputs.get("name")))
    ]
    return found


def collection_policies_say_what_the_service_knows(graph: Deployment) -> list[str]:
    """The service takes a rule for what isn't there, and permits nothing by it."""
    found = []
    for type_ in (types.SECURITY_POLICY, types.ACCESS_POLICY):
        for entry in graph.all(type_):
            policy = json.loads(entry.inputs["policy"])
            for block in policy if isinstance(policy, list) else [policy]:
                for rule in block["Rules"]:
                    problems = problems_of(rule, is_data=type_ == types.ACCESS_POLICY)
                    found += [f"{entry.name}: {problem}" for problem in problems]
    return found


RULES = (collections_take_own_ids, collection_policies_say_what_the_service_knows)
