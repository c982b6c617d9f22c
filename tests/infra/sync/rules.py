"""What must hold for the mappings that feed the consumers, and the functions behind queues, and what watches them."""

from __future__ import annotations

import json
from collections import Counter

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment, Registration


def stream_mappings(graph: Deployment) -> list[Registration]:
    """Mappings of what isn't a queue."""
    queues = queue_mappings(graph)
    return [entry for entry in graph.all(types.MAPPING) if entry not in queues]


def queue_mappings(graph: Deployment) -> list[Registration]:
    """Mappings of SQS queues."""
    return [entry for entry in graph.all(types.MAPPING) if ":sqs:" in str(entry.inputs.get("eventSourceArn"))]


def mappings_never_block_or_lose(graph: Deployment) -> list[str]:
    """Every option explicit: a bad record neither blocks its shard nor vanishes."""
    found = []
    for entry in stream_mappings(graph):
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
    consumers = len(stream_mappings(graph))
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


def queue_mappings_return_what_failed_and_are_limited(graph: Deployment) -> list[str]:
    """Every option explicit, and none that Lambda refuses for a queue; only what failed comes again."""
    expected = {
        "enabled": True,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "batchSize": 10,
        "maximumBatchingWindowInSeconds": 0,
        "metricsConfig": {"metrics": ["EventCount"]},
    }
    of_streams = {
        "startingPosition",
        "bisectBatchOnFunctionError",
        "maximumRetryAttempts",
        "maximumRecordAgeInSeconds",
        "parallelizationFactor",
        "destinationConfig",
    }
    found = []
    for entry in queue_mappings(graph):
        found += [
            f"{entry.name}: {key} isn't {value}" for key, value in expected.items() if entry.inputs.get(key) != value
        ]
        found += [
            f"{entry.name}: Lambda takes no {key} for a queue" for key in sorted(of_streams & entry.inputs.keys())
        ]
        if not 2 <= entry.inputs.get("scalingConfig", {}).get("maximumConcurrency", 0) <= 1000:
            found.append(f"{entry.name} may take all of the account's concurrency")
        if not entry.delete_before_replace:
            found.append(f"{entry.name} isn't deleted before it is replaced")
    return found


def mapped_queues_wait_for_their_function_and_keep_what_fails(graph: Deployment) -> list[str]:
    """Six time-outs of the function hidden, then again, and in the end a dead-letter queue that keeps it longer."""
    queues = {str(entry.outputs.get("arn")): entry for entry in graph.all(types.QUEUE)}
    functions = {entry.inputs["name"]: entry for entry in graph.all(types.FUNCTION)}
    found = []
    for entry in queue_mappings(graph):
        queue, function = queues[entry.inputs["eventSourceArn"]], functions[entry.inputs["functionName"]]
        if queue.inputs["visibilityTimeoutSeconds"] < 6 * function.inputs["timeout"]:
            found.append(f"{queue.name} gives messages out again while {function.name} may have them")
        policy = json.loads(queue.inputs.get("redrivePolicy", "{}"))
        kept = queues.get(policy.get("deadLetterTargetArn", ""))
        if kept is None or not policy.get("maxReceiveCount", 0) >= 5:
            found.append(f"{queue.name} has no dead-letter queue, or hardly tries")
        elif queue.inputs["messageRetentionSeconds"] >= kept.inputs["messageRetentionSeconds"]:
            found.append(f"{kept.name} forgets before {queue.name} does")
    return found


def mapped_queues_have_their_alarms(graph: Deployment) -> list[str]:
    """What waits in the queue for longer than its delay, and what was given up."""
    alarms = {
        (entry.inputs["metricName"], entry.inputs["dimensions"].get("QueueName")): entry.inputs["threshold"]
        for entry in graph.all(types.ALARM)
        if "metricName" in entry.inputs
    }
    queues = {str(entry.outputs.get("arn")): entry for entry in graph.all(types.QUEUE)}
    found = []
    for entry in queue_mappings(graph):
        queue = queues[entry.inputs["eventSourceArn"]].inputs
        kept = json.loads(queue.get("redrivePolicy", "{}")).get("deadLetterTargetArn", "").rpartition(":")[2]
        if alarms.get(("ApproximateNumberOfMessagesVisible", kept)) != 0:
            found.append(f"{entry.name}: nothing rings for what was given up")
        oldest = alarms.get(("ApproximateAgeOfOldestMessage", queue["name"]))
        if oldest is None or oldest <= queue["delaySeconds"]:
            found.append(f"{entry.name}: nothing rings for what waits, or the delay alone makes it ring")
    return found


RULES = (
    mappings_never_block_or_lose,
    mappings_wait_for_rights_and_index,
    consumers_have_their_alarms,
    indexes_are_made_again_in_a_new_collection,
    queue_mappings_return_what_failed_and_are_limited,
    mapped_queues_wait_for_their_function_and_keep_what_fails,
    mapped_queues_have_their_alarms,
)
