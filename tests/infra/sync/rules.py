"""What must hold for the mappings that feed the consumers, and for what watches them."""

from __future__ import annotations

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


def consumers_have_their_alarms(graph: Deployment) -> list[str]:
    """Age, errors, throttles, dead letters, and both ways in which Lambda gives records up."""
    needed = {
        "IteratorAge",
        "Errors",
        "Throttles",
        "ApproximateNumberOfMessagesVisible",
        "OnFailureDestinationDeliveredEventCount",
        "DroppedEventCount",
    }
    metrics = Counter(entry.inputs.get("metricName") for entry in graph.all(types.ALARM))
    consumers = len(graph.all(types.MAPPING))
    return [
        f"{metric}: {metrics[metric]} alarms for {consumers} consumers"
        for metric in sorted(needed)
        if metrics[metric] < consumers
    ]


def indexes_are_made_again_in_a_new_collection(graph: Deployment) -> list[str]:
    """A replaced collection is empty: what makes an index must run again when collection or mapping change."""
    return [
        f"{entry.name} isn't run again when its {what} changes"
        for entry in graph.all(types.INVOCATION)
        for what in ("definition", "collection")
        if not entry.inputs.get("triggers", {}).get(what)
    ]


RULES = (
    mappings_never_block_or_lose,
    mappings_wait_for_rights_and_index,
    consumers_have_their_alarms,
    indexes_are_made_again_in_a_new_collection,
)
