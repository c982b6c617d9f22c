"""What must hold for images, the functions that run them, and the mappings that feed those."""

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


def images_suit_lambda(graph: Deployment) -> list[str]:
    """One platform, no attestation, kept when replaced, rebuilt only for a change of its own files."""
    found = []
    for entry in graph.all(types.IMAGE):
        inputs = entry.inputs
        if len(inputs.get("platforms", [])) != 1:
            found.append(f"{entry.name} isn't for exactly one platform")
        found += [
            f"{entry.name} sets {key}" for key in ("exec", "pull", "noCache", "buildArgs", "labels") if key in inputs
        ]
        if inputs.get("push") is not True:
            found.append(f"{entry.name} isn't pushed")
        if not entry.retain_on_delete:
            found.append(f"{entry.name} would take its digest with it")
        if any(str(path).startswith(("/", "~", "..")) for path in _paths(inputs)):
            found.append(f"{entry.name} has a path that differs between machines")
        if not isinstance(inputs.get("tags"), list):
            found.append(f"{entry.name}: tags must be a list, not an output of one")
        if not all(cache["registry"].get("imageManifest") for cache in inputs.get("cacheTo", [])):
            found.append(f"{entry.name} caches in a form that ECR refuses")
    return found


def functions_and_images_have_one_architecture(graph: Deployment) -> list[str]:
    """Both come from one setting."""
    architectures = {arch for entry in graph.all(types.FUNCTION) for arch in entry.inputs["architectures"]}
    platforms = {platform for entry in graph.all(types.IMAGE) for platform in entry.inputs["platforms"]}
    matching = {"linux/arm64": "arm64", "linux/amd64": "x86_64"}
    return [
        f"images for {platform}, functions on {sorted(architectures)}"
        for platform in platforms
        if {matching.get(platform)} != architectures
    ]


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


def repositories_keep_what_runs(graph: Deployment) -> list[str]:
    """Immutable tags but for the two that only point; images go by count, never by age."""
    found = []
    for entry in graph.all(types.REPOSITORY):
        if entry.inputs.get("imageTagMutability") != "IMMUTABLE_WITH_EXCLUSION":
            found.append(f"{entry.name} has movable tags")
        excluded = [item["filter"] for item in entry.inputs.get("imageTagMutabilityExclusionFilters", [])]
        if "cache*" not in excluded or "*" in excluded:
            found.append(f"{entry.name} excludes {excluded} from immutability")
        if not entry.inputs.get("encryptionConfigurations"):
            found.append(f"{entry.name} isn't encrypted explicitly")
    found += [
        f"{entry.name} expires images by age"
        for entry in graph.all(types.LIFECYCLE)
        if "sinceImagePushed" in entry.inputs["policy"] or "imageCountMoreThan" not in entry.inputs["policy"]
    ]
    return found


def _paths(inputs: dict[str, object]) -> list[object]:
    context, dockerfile = inputs.get("context"), inputs.get("dockerfile")
    return [part["location"] for part in (context, dockerfile) if isinstance(part, dict) and "location" in part]
