"""What must hold for the functions and for the mappings that feed them."""

from __future__ import annotations

import re
from collections import Counter

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment


def mappings_never_block_or_lose(graph: Deployment) -> list[str]:
    """Every option explicit: a bad record neither blocks its shard nor vanishes."""
    found = []
    for entry in graph.all(types.MAPPING):
        expected = {
            "enabled": True,
            "startingPosition": "TRIM_HORIZON",
            "bisectBatchOnFunctionError": True,
            "functionResponseTypes": ["ReportBatchItemFailures"],
        }
        found += [
            f"{entry.name}: {key} isn't {value}" for key, value in expected.items() if entry.inputs.get(key) != value
        ]
        finite = {
            "maximumRetryAttempts": 0,
            "maximumRecordAgeInSeconds": 60,
            "parallelizationFactor": 1,
            "batchSize": 1,
            "maximumBatchingWindowInSeconds": 0,
        }
        found += [
            f"{entry.name}: {key} isn't a number from {lowest}"
            for key, lowest in finite.items()
            if not entry.inputs.get(key, -1) >= lowest
        ]
        if not entry.inputs.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn"):
            found.append(f"{entry.name} has no failure destination")
        if not entry.delete_before_replace:
            found.append(f"{entry.name} isn't deleted before it is replaced")
    return found


def mappings_wait_for_rights_and_index(graph: Deployment) -> list[str]:
    """Policies aren't in the implicit graph; an index made by the first write would have guessed mappings."""
    known = graph.by_urn()
    found = []
    for entry in graph.all(types.MAPPING):
        direct = {known[urn].type for urn in entry.dependencies if urn in known}
        far = {known[urn].type for urn in graph.upstream(entry) if urn in known}
        found += [
            f"{entry.name} doesn't depend on {need}"
            for need in (types.ROLE_POLICY, types.ACCESS_POLICY)
            if need not in direct
        ]
        if types.INVOCATION not in far:
            found.append(f"{entry.name} doesn't wait for its index")
    return found


def tables_streams_have_two_readers_at_most(graph: Deployment) -> list[str]:
    """More than two readers of a table's shard are throttled."""
    readers = Counter(
        entry.inputs["eventSourceArn"]
        for entry in graph.all(types.MAPPING)
        if "/stream/" in str(entry.inputs.get("eventSourceArn"))
    )
    return [f"{arn} has {count} readers" for arn, count in readers.items() if count > 2]


def functions_run_digests_with_their_own_role_and_log(graph: Deployment) -> list[str]:
    """By digest alone; log group first, with retention; policy before function; a role each."""
    known = graph.by_urn()
    groups = {entry.inputs.get("name"): entry for entry in graph.all(types.LOG_GROUP)}
    found = []
    for entry in graph.all(types.FUNCTION):
        if not re.fullmatch(r"[^@:]+@sha256:[0-9a-f]{64}", str(entry.inputs.get("imageUri"))):
            found.append(f"{entry.name} isn't run by digest alone")
        group = groups.get(entry.inputs.get("loggingConfig", {}).get("logGroup"))
        if group is None or group.urn not in graph.upstream(entry):
            found.append(f"{entry.name} has no log group made before it")
        if not any(known[urn].type == types.ROLE_POLICY for urn in entry.dependencies if urn in known):
            found.append(f"{entry.name} doesn't wait for its role's policy")
    roles = Counter(entry.inputs.get("role") for entry in graph.all(types.FUNCTION))
    return found + [f"role {role} is shared by {count} functions" for role, count in roles.items() if count > 1]
