"""What must hold for the program as a whole: components, the provider, data."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import COMPONENT_PREFIX, Deployment


def components_own_every_resource(graph: Deployment) -> list[str]:
    """Resources are children of components; only the provider and the top components belong to the stack."""
    known = graph.by_urn()
    return [
        f"{entry.name} ({entry.type}) has no component for a parent"
        for entry in graph.registrations
        if entry.custom
        and not entry.type.startswith("pulumi:providers:")
        and not (entry.parent in known and known[entry.parent].type.startswith(COMPONENT_PREFIX))
    ]


def components_register_their_outputs(graph: Deployment) -> list[str]:
    """`register_outputs` is the last line of each component."""
    return [
        f"{entry.name} ({entry.type}) never registers outputs"
        for entry in graph.registrations
        if not entry.custom and entry.urn not in graph.registered_outputs
    ]


def aws_resources_use_the_stacks_provider(graph: Deployment) -> list[str]:
    """One provider holds region, tags and endpoints."""
    return [
        f"{entry.name} ({entry.type}) uses provider {entry.provider or 'by default'}"
        for entry in graph.registrations
        if entry.type.startswith("aws:") and "pulumi:providers:aws::aws::" not in entry.provider
    ]


def data_is_protected(graph: Deployment) -> list[str]:
    """Whatever holds data, and the destination whose replacement would lose events."""
    return [
        f"{entry.name} ({type_}) isn't protected"
        for type_ in (types.TABLE, types.DESTINATION, types.STREAM, types.COLLECTION, types.BUCKET)
        for entry in graph.all(type_)
        if not entry.protect
    ]


RULES = (
    components_own_every_resource,
    components_register_their_outputs,
    aws_resources_use_the_stacks_provider,
    data_is_protected,
)
