"""Every house rule holds for the whole program, in each of its variants, and each rule can fail.

Not proven here: that AWS takes what is declared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra import graph_rules as rules
from tests.infra.conftest import Deploy
from tests.infra.deployment import Deployment, Registration
from tests.infra.variants import VARIANTS

Spoil = Callable[[Deployment], None]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_of_the_program_keeps_every_rule(deploy: Deploy, variant: str) -> None:
    graph = deploy(VARIANTS[variant])

    assert [violation for rule in rules.RULES for violation in rule(graph)] == []


def _change(graph: Deployment, type_: str, change: Callable[[Registration], Registration]) -> None:
    for position, entry in enumerate(graph.registrations):
        if entry.type == type_:
            graph.registrations[position] = change(entry)
            return
    raise AssertionError(f"nothing of type {type_} to spoil")


def _inputs(type_: str, **changed: Any) -> Spoil:
    def change(entry: Registration) -> Registration:
        merged = {**entry.inputs, **changed}
        return dataclasses.replace(entry, inputs={key: value for key, value in merged.items() if value is not None})

    return lambda graph: _change(graph, type_, change)


def _option(type_: str, **changed: Any) -> Spoil:
    return lambda graph: _change(graph, type_, lambda entry: dataclasses.replace(entry, **changed))


def _third_reader(graph: Deployment) -> None:
    mapping = next(entry for entry in graph.all(rules.MAPPING) if "/stream/" in entry.inputs["eventSourceArn"])
    graph.registrations += [dataclasses.replace(mapping, name=f"reader-{number}") for number in (2, 3)]


def _without_bucket_policy(graph: Deployment) -> None:
    graph.registrations = [entry for entry in graph.registrations if not entry.type.endswith(":BucketPolicy")]


def _no_dead_letter_alarm(graph: Deployment) -> None:
    graph.registrations = [
        entry
        for entry in graph.registrations
        if entry.inputs.get("metricName") != "ApproximateNumberOfMessagesVisible"
    ]


def _policy(action: str, resource: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": [action], "Resource": resource}]})


def _no_outputs(graph: Deployment) -> None:
    graph.registered_outputs.popitem()


SEEDED: list[tuple[rules.Rule, Spoil]] = [
    (rules.components_own_every_resource, _option(rules.TABLE, parent="")),
    (rules.components_register_their_outputs, _no_outputs),
    (rules.aws_resources_use_the_stacks_provider, _option(rules.QUEUE, provider="")),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, maximumRetryAttempts=-1)),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, maximumRecordAgeInSeconds=-1)),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, functionResponseTypes=None)),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, bisectBatchOnFunctionError=None)),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, destinationConfig=None)),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, parallelizationFactor=None)),
    (rules.mappings_never_block_or_lose, _inputs(rules.MAPPING, startingPosition="LATEST")),
    (rules.mappings_never_block_or_lose, _option(rules.MAPPING, delete_before_replace=False)),
    (rules.mappings_wait_for_rights_and_index, _option(rules.MAPPING, dependencies=())),
    (rules.tables_streams_have_two_readers_at_most, _third_reader),
    (rules.images_suit_lambda, _inputs(rules.IMAGE, platforms=["linux/arm64", "linux/amd64"])),
    (rules.images_suit_lambda, _inputs(rules.IMAGE, exec=True)),
    (rules.images_suit_lambda, _inputs(rules.IMAGE, push=None)),
    (rules.images_suit_lambda, _inputs(rules.IMAGE, context={"location": "/home/somebody/images"})),
    (rules.images_suit_lambda, _inputs(rules.IMAGE, cacheTo=[{"registry": {"ref": "r:cache"}}])),
    (rules.images_suit_lambda, _option(rules.IMAGE, retain_on_delete=False)),
    (rules.functions_and_images_have_one_architecture, _inputs(rules.IMAGE, platforms=["linux/amd64"])),
    (rules.functions_run_digests_with_their_own_role_and_log, _inputs(rules.FUNCTION, imageUri="repository:newest")),
    (rules.functions_run_digests_with_their_own_role_and_log, _inputs(rules.FUNCTION, loggingConfig=None)),
    (rules.functions_run_digests_with_their_own_role_and_log, _option(rules.FUNCTION, dependencies=())),
    (rules.log_groups_forget, _inputs(rules.LOG_GROUP, retentionInDays=None)),
    (rules.repositories_keep_what_runs, _inputs(rules.REPOSITORY, imageTagMutability="MUTABLE")),
    (rules.repositories_keep_what_runs, _inputs(rules.LIFECYCLE, policy='{"countType": "sinceImagePushed"}')),
    (rules.data_is_protected, _option(rules.TABLE, protect=False)),
    (rules.data_is_protected, _option(rules.DESTINATION, protect=False)),
    (rules.data_is_protected, _option(rules.BUCKET, protect=False)),
    (rules.changes_carry_microseconds, _inputs(rules.DESTINATION, approximateCreationDateTimePrecision=None)),
    (rules.changes_carry_microseconds, _inputs(rules.TABLE, streamViewType="KEYS_ONLY")),
    (rules.collections_take_own_ids, _inputs(rules.COLLECTION, type="TIMESERIES")),
    (rules.collections_take_own_ids, _option(rules.COLLECTION, dependencies=())),
    (rules.collections_take_own_ids, _inputs(rules.ACCESS_POLICY, name="a" * 33)),
    (rules.queues_are_closed_and_patient, _inputs(rules.QUEUE, sqsManagedSseEnabled=None)),
    (rules.queues_are_closed_and_patient, _inputs(rules.QUEUE, messageRetentionSeconds=345600)),
    (rules.queues_are_closed_and_patient, _inputs(rules.QUEUE_POLICY, policy=_policy("sqs:SendMessage", "arn:aws:q"))),
    (rules.buckets_are_closed, _without_bucket_policy),
    (rules.alarms_know_silence, _inputs(rules.ALARM, treatMissingData=None)),
    (rules.consumers_have_their_alarms, _no_dead_letter_alarm),
    (rules.deployments_hold_what_is_served, _option(rules.DEPLOYMENT, dependencies=())),
    (rules.deployments_hold_what_is_served, _inputs(rules.DEPLOYMENT, triggers=None)),
    (rules.every_method_is_authorised, _inputs(rules.METHOD, authorization="NONE")),
    (rules.api_logs_hold_no_content, _inputs(rules.METHOD_SETTINGS, settings={"dataTraceEnabled": True})),
    (rules.no_allowed_wildcards, _inputs(rules.ROLE_POLICY, policy=_policy("aoss:*", "arn:aws:aoss:c"))),
    (rules.no_allowed_wildcards, _inputs(rules.ROLE_POLICY, policy=_policy("dynamodb:Scan", "*"))),
    (rules.no_allowed_wildcards, _inputs(rules.QUEUE_POLICY, policy=_policy("sqs:*", "arn:aws:q"))),
    (
        rules.no_allowed_wildcards,
        _inputs(
            rules.ACCESS_POLICY,
            policy='[{"Rules": [{"Resource": ["index/c/*"], "Permission": ["aoss:ReadDocument"]}], "Principal": ["r"]}]',
        ),
    ),
]


@pytest.fixture(scope="module")
def everything() -> dict[str, Deployment]:
    return {}


@pytest.mark.parametrize(
    ("rule", "spoil"), SEEDED, ids=[f"{rule.__name__}-{number}" for number, (rule, _) in enumerate(SEEDED)]
)
def test_rule_catches_a_seeded_violation(
    deploy: Deploy, everything: dict[str, Deployment], rule: rules.Rule, spoil: Spoil
) -> None:
    if not everything:
        everything["graph"] = deploy(VARIANTS["failures in buckets"])
    original = everything["graph"]
    graph = dataclasses.replace(
        original,
        registrations=list(original.registrations),
        registered_outputs=dict(original.registered_outputs),
    )
    assert rule(graph) == []

    spoil(graph)

    assert rule(graph) != []


def test_every_rule_has_a_seeded_violation() -> None:
    assert {rule.__name__ for rule, _ in SEEDED} == {rule.__name__ for rule in rules.RULES}
