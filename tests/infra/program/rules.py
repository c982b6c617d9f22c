"""What must hold for the program as a whole: components, the provider, data."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import COMPONENT_PREFIX, Deployment
from tests.infra.program.requests import limits_broken_by


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


# Types whose resources have names that this program chooses, and why none is replaced by one of the same name. The
# keys are what else the provider replaces for; a test follows them through every variant.
REPLACED_WITH_THEIR_NAME: dict[str, tuple[str, ...]] = {
    types.TABLE: ("hashKey", "rangeKey"),  # the code's, not a setting's
    types.STREAM: (),  # mode, shards, retention and key are changed in place
    types.QUEUE: ("fifoQueue",),  # never set
    types.FUNCTION: ("packageType",),  # always Image; architecture, network and image are changed in place
    types.LOG_GROUP: ("logGroupClass",),  # never set
    types.REPOSITORY: ("encryptionConfigurations",),  # always AES256
    types.SECURITY_POLICY: ("type",),  # a kind each, and its text is changed in place
    types.ACCESS_POLICY: ("type",),  # as above
    types.PIPE: ("source",),  # a queue that is named by the same setting
}
# Names that may exist twice, so that a second one is no conflict.
NAMES_THAT_MAY_EXIST_TWICE = {
    "aws:apigateway/apiKey:ApiKey",  # its value may not, and AWS makes that
    "aws:apigateway/restApi:RestApi",
    "aws:apigateway/usagePlan:UsagePlan",
    "aws:apigateway/requestValidator:RequestValidator",  # the API's own, and another API has another
    types.MODEL,  # as above
}


def nothing_is_replaced_by_one_of_the_same_name(graph: Deployment) -> list[str]:
    """Pulumi makes the new one first, and AWS refuses a second of a name: such a resource has to go before.

    https://www.pulumi.com/docs/iac/concepts/resources/options/deletebeforereplace/
    """
    return [
        f"{entry.name} ({entry.type}) is named by the program: give it delete_before_replace, or say why not"
        for entry in graph.registrations
        if entry.custom
        and "name" in entry.inputs
        and not entry.delete_before_replace
        and entry.type not in REPLACED_WITH_THEIR_NAME
        and entry.type not in NAMES_THAT_MAY_EXIST_TWICE
    ]


def aws_would_take_what_is_sent(graph: Deployment) -> list[str]:
    """Names, words and numbers are within the limits of the services' own models."""
    return [
        f"{entry.name} ({entry.type}): {broken}"
        for entry in graph.registrations
        if entry.custom
        for broken in limits_broken_by(entry)
    ]


RULES = (
    components_own_every_resource,
    components_register_their_outputs,
    aws_resources_use_the_stacks_provider,
    data_is_protected,
    nothing_is_replaced_by_one_of_the_same_name,
    aws_would_take_what_is_sent,
)
