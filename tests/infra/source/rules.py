"""What must hold for the table, its streams and its replication."""

from __future__ import annotations

from collections import Counter

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment


def changes_carry_microseconds(graph: Deployment) -> list[str]:
    """The stream of a table that replicates has new images, the destination times that don't tie."""
    replicating = {entry.inputs.get("tableName") for entry in graph.all(types.DESTINATION)}
    found = [
        f"{entry.name} has no stream of new images"
        for entry in graph.all(types.TABLE)
        if entry.inputs.get("name") in replicating
        and (entry.inputs.get("streamViewType") != "NEW_IMAGE" or not entry.inputs.get("streamEnabled"))
    ]
    return found + [
        f"{entry.name} isn't precise to the microsecond"
        for entry in graph.all(types.DESTINATION)
        if entry.inputs.get("approximateCreationDateTimePrecision") != "MICROSECOND"
    ]


def tables_are_encrypted_and_only_statuses_forget(graph: Deployment) -> list[str]:
    """A table that replicates never loses an item by itself; every other one forgets, and says by which attribute."""
    replicating = {entry.inputs.get("tableName") for entry in graph.all(types.DESTINATION)}
    found = []
    for entry in graph.all(types.TABLE):
        forgets = entry.inputs.get("ttl", {}).get("enabled") is True
        if entry.inputs.get("serverSideEncryption") != {"enabled": True}:
            found.append(f"{entry.name} isn't encrypted explicitly")
        if forgets == (entry.inputs.get("name") in replicating):
            found.append(f"{entry.name} {'loses items' if forgets else 'keeps statuses for ever'}")
    return found


def tables_streams_have_two_readers_at_most(graph: Deployment) -> list[str]:
    """More than two readers of a table's shard are throttled."""
    readers = Counter(
        entry.inputs["eventSourceArn"]
        for entry in graph.all(types.MAPPING)
        if "/stream/" in str(entry.inputs.get("eventSourceArn"))
    )
    return [f"{arn} has {count} readers" for arn, count in readers.items() if count > 2]


def changes_that_never_arrive_ring(graph: Deployment) -> list[str]:
    """No consumer can notice what DynamoDB doesn't write to Kinesis; each destination's table has its alarms."""
    queries = [
        query["expression"] for entry in graph.all(types.ALARM) for query in entry.inputs.get("metricQueries", [])
    ]
    return [
        f"{entry.name}: nothing rings for {metric}"
        for entry in graph.all(types.DESTINATION)
        for metric in ("SUM(FailedToReplicateRecordCount)", "MAX(AgeOfOldestUnreplicatedRecord)")
        if not any(metric in query and f"'{entry.inputs['tableName']}'" in query for query in queries)
    ]


RULES = (
    changes_carry_microseconds,
    tables_are_encrypted_and_only_statuses_forget,
    tables_streams_have_two_readers_at_most,
    changes_that_never_arrive_ring,
)
