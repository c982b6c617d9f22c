"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.spoiling import Fault, Spoil, with_inputs, with_inputs_of, with_options_of
from tests.infra.sync.rules import (
    consumers_have_their_alarms,
    indexes_are_made_again_in_a_new_collection,
    mapped_queues_have_their_alarms,
    mapped_queues_wait_for_their_function_and_keep_what_fails,
    mappings_never_block_or_lose,
    mappings_wait_for_rights_and_index,
    queue_mappings_return_what_failed_and_are_limited,
)

STREAM, QUEUE = "sync-dynamodb-stream-mapping", "second-delete-mapping"


def _no_dead_letter_alarm(graph: Deployment) -> None:
    graph.registrations = [
        entry for entry in graph.registrations if entry.inputs.get("metricName") != "ApproximateNumberOfMessagesVisible"
    ]


def _no_alarm(name: str) -> Spoil:
    def spoil(graph: Deployment) -> None:
        graph.registrations = [entry for entry in graph.registrations if entry.name != name]

    return spoil


def _mapped(**changed: object) -> Fault:
    return queue_mappings_return_what_failed_and_are_limited, with_inputs_of(types.MAPPING, QUEUE, **changed)


def _queue(**changed: object) -> Fault:
    spoil = with_inputs_of(types.QUEUE, "second-delete-queue", **changed)
    return mapped_queues_wait_for_their_function_and_keep_what_fails, spoil


FAULTS: list[Fault] = [
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, maximumRetryAttempts=-1)),
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, maximumRecordAgeInSeconds=-1)),
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, functionResponseTypes=None)),
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, bisectBatchOnFunctionError=None)),
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, destinationConfig=None)),
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, parallelizationFactor=None)),
    (mappings_never_block_or_lose, with_inputs_of(types.MAPPING, STREAM, startingPosition="LATEST")),
    (mappings_never_block_or_lose, with_options_of(types.MAPPING, STREAM, delete_before_replace=False)),
    (mappings_wait_for_rights_and_index, with_options_of(types.MAPPING, QUEUE, dependencies=())),
    (mappings_wait_for_rights_and_index, with_options_of(types.MAPPING, STREAM, dependencies=())),
    (consumers_have_their_alarms, _no_dead_letter_alarm),
    (indexes_are_made_again_in_a_new_collection, with_inputs(types.INVOCATION, triggers={"definition": "d"})),
    _mapped(enabled=None),
    _mapped(functionResponseTypes=[]),
    _mapped(batchSize=100),
    _mapped(maximumBatchingWindowInSeconds=None),
    _mapped(metricsConfig=None),
    _mapped(scalingConfig={}),
    _mapped(scalingConfig={"maximumConcurrency": 1}),
    _mapped(startingPosition="LATEST"),
    (
        queue_mappings_return_what_failed_and_are_limited,
        with_options_of(types.MAPPING, QUEUE, delete_before_replace=False),
    ),
    _queue(visibilityTimeoutSeconds=359),
    _queue(redrivePolicy="{}"),
    _queue(messageRetentionSeconds=1_209_600),
    (mapped_queues_have_their_alarms, _no_alarm("second-delete-alarms-waiting-deletes")),
    (mapped_queues_have_their_alarms, _no_alarm("second-delete-alarms-dead-deletes")),
    (
        mapped_queues_have_their_alarms,
        with_inputs_of(types.ALARM, "second-delete-alarms-waiting-deletes", threshold=900),
    ),
]
