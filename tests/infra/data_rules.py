"""What must hold for whatever keeps data: table, stream, collection, queues, buckets."""

from __future__ import annotations

import re

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment, Registration


def data_is_protected(graph: Deployment) -> list[str]:
    """Whatever holds data, and the destination whose replacement would lose events."""
    return [
        f"{entry.name} ({type_}) isn't protected"
        for type_ in (types.TABLE, types.DESTINATION, types.STREAM, types.COLLECTION, types.BUCKET)
        for entry in graph.all(type_)
        if not entry.protect
    ]


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


def queues_are_closed_and_patient(graph: Deployment) -> list[str]:
    """Encrypted, TLS only; 14 days and whole records fit, but for a queue that has a dead-letter queue behind it."""
    secured = {entry.inputs.get("queueUrl") for entry in graph.all(types.QUEUE_POLICY) if _denies_plain_text(entry)}
    found = []
    for entry in graph.all(types.QUEUE):
        expected: dict[str, object] = {"sqsManagedSseEnabled": True}
        if "redrivePolicy" not in entry.inputs:
            expected |= {"messageRetentionSeconds": 1209600, "maxMessageSize": 1048576}
        found += [
            f"{entry.name}: {key} isn't {value}" for key, value in expected.items() if entry.inputs.get(key) != value
        ]
        if not any(str(url).endswith(f"/{entry.inputs.get('name')}") for url in secured):
            found.append(f"{entry.name} takes unencrypted calls")
    return found


def buckets_are_closed(graph: Deployment) -> list[str]:
    """Private, encrypted, TLS only, forgetting."""
    found = []
    for entry in graph.all(types.BUCKET):
        beside = {other.type.split(":")[-1]: other for other in graph.registrations if other.parent == entry.parent}
        needed = (
            "BucketServerSideEncryptionConfiguration",
            "BucketLifecycleConfiguration",
            "BucketOwnershipControls",
        )
        found += [f"{entry.name} has no {need}" for need in needed if need not in beside]
        block = beside.get("BucketPublicAccessBlock")
        if block is None or [value for key, value in block.inputs.items() if key != "bucket"] != [True] * 4:
            found.append(f"{entry.name} isn't closed to the public")
        if "BucketPolicy" not in beside or not _denies_plain_text(beside["BucketPolicy"]):
            found.append(f"{entry.name} takes unencrypted calls")
    return found


def _denies_plain_text(entry: Registration) -> bool:
    policy = str(entry.inputs.get("policy"))
    return '"Effect": "Deny"' in policy and '"aws:SecureTransport": "false"' in policy
