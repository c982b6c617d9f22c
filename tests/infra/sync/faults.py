"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.spoiling import Fault, with_inputs, with_options
from tests.infra.sync.rules import (
    consumers_have_their_alarms,
    indexes_are_made_again_in_a_new_collection,
    mappings_never_block_or_lose,
    mappings_wait_for_rights_and_index,
)


def _no_dead_letter_alarm(graph: Deployment) -> None:
    graph.registrations = [
        entry for entry in graph.registrations if entry.inputs.get("metricName") != "ApproximateNumberOfMessagesVisible"
    ]


FAULTS: list[Fault] = [
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, maximumRetryAttempts=-1)),
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, maximumRecordAgeInSeconds=-1)),
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, functionResponseTypes=None)),
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, bisectBatchOnFunctionError=None)),
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, destinationConfig=None)),
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, parallelizationFactor=None)),
    (mappings_never_block_or_lose, with_inputs(types.MAPPING, startingPosition="LATEST")),
    (mappings_never_block_or_lose, with_options(types.MAPPING, delete_before_replace=False)),
    (mappings_wait_for_rights_and_index, with_options(types.MAPPING, dependencies=())),
    (consumers_have_their_alarms, _no_dead_letter_alarm),
    (indexes_are_made_again_in_a_new_collection, with_inputs(types.INVOCATION, triggers={"definition": "d"})),
]
