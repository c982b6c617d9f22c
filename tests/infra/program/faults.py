"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.program.rules import (
    aws_resources_use_the_stacks_provider,
    components_own_every_resource,
    components_register_their_outputs,
    data_is_protected,
    nothing_is_replaced_by_one_of_the_same_name,
)
from tests.infra.spoiling import Fault, with_inputs, with_options


def _no_outputs(graph: Deployment) -> None:
    graph.registered_outputs.popitem()


FAULTS: list[Fault] = [
    (components_own_every_resource, with_options(types.TABLE, parent="")),
    (components_register_their_outputs, _no_outputs),
    (aws_resources_use_the_stacks_provider, with_options(types.QUEUE, provider="")),
    (data_is_protected, with_options(types.TABLE, protect=False)),
    (data_is_protected, with_options(types.DESTINATION, protect=False)),
    (data_is_protected, with_options(types.BUCKET, protect=False)),
    (nothing_is_replaced_by_one_of_the_same_name, with_options(types.COLLECTION, delete_before_replace=False)),
    (nothing_is_replaced_by_one_of_the_same_name, with_inputs(types.ALARM, name="iterator-age")),
]
