"""Seeded violations of the rules beside this file."""

from __future__ import annotations

import dataclasses

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.program.rules import (
    aws_resources_use_the_stacks_provider,
    aws_would_take_what_is_sent,
    components_own_every_resource,
    components_register_their_outputs,
    data_is_protected,
    nothing_is_replaced_by_one_of_the_same_name,
)
from tests.infra.spoiling import Fault, change_first, with_inputs, with_options


def _no_outputs(graph: Deployment) -> None:
    graph.registered_outputs.popitem()


def _of_no_known_type(graph: Deployment) -> None:
    change_first(graph, types.TABLE, lambda entry: dataclasses.replace(entry, type="aws:sns/topic:Topic"))


_REFUSED = (
    with_inputs(types.MAPPING, startingPosition="NEWEST"),
    with_inputs(types.MAPPING, parallelizationFactor=11.0),
    with_inputs(types.MAPPING, destinationConfig={"onFailure": {"destination": "a queue"}}),
    with_inputs(types.REPOSITORY, name="Sync"),
    with_inputs(types.LOG_GROUP, name="g" * 513),
    with_inputs(types.ROLE, name="r" * 65),
    with_inputs(types.ALARM, name="a" * 256),
    with_inputs(types.COLLECTION, name="ab"),
    with_inputs(types.TABLE, name="t" * 1025),
    _of_no_known_type,
)

FAULTS: list[Fault] = [
    (components_own_every_resource, with_options(types.TABLE, parent="")),
    (components_register_their_outputs, _no_outputs),
    (aws_resources_use_the_stacks_provider, with_options(types.QUEUE, provider="")),
    (data_is_protected, with_options(types.TABLE, protect=False)),
    (data_is_protected, with_options(types.DESTINATION, protect=False)),
    (data_is_protected, with_options(types.BUCKET, protect=False)),
    (nothing_is_replaced_by_one_of_the_same_name, with_options(types.COLLECTION, delete_before_replace=False)),
    (nothing_is_replaced_by_one_of_the_same_name, with_inputs(types.ALARM, name="iterator-age")),
    *((aws_would_take_what_is_sent, spoil) for spoil in _REFUSED),
]
