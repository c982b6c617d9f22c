"""Every house rule holds for the whole program, in each of its variants, and each rule can fail.

Not proven here: that AWS takes what is declared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.api.refusals import REFUSALS, template
from tests.infra import async_rules, data_rules, function_rules, image_rules
from tests.infra import graph_rules as rules
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.deployment import ROOT, Deployment, Registration
from tests.infra.policy_rules import no_allowed_wildcards
from tests.infra.variants import DIGEST, VARIANTS

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


def _cache_to(**changed: Any) -> Spoil:
    def change(entry: Registration) -> Registration:
        [cache] = entry.inputs["cacheTo"]
        spoilt = {"registry": {**cache["registry"], **changed}}
        return dataclasses.replace(entry, inputs={**entry.inputs, "cacheTo": [spoilt]})

    return lambda graph: _change(graph, types.IMAGE, change)


def _lifecycle(**changed: str) -> Spoil:
    def change(entry: Registration) -> Registration:
        policy = json.loads(entry.inputs["policy"])
        policy["rules"][0]["selection"] |= changed
        return dataclasses.replace(entry, inputs={**entry.inputs, "policy": json.dumps(policy)})

    return lambda graph: _change(graph, types.LIFECYCLE, change)


def _third_reader(graph: Deployment) -> None:
    mapping = next(entry for entry in graph.all(types.MAPPING) if "/stream/" in entry.inputs["eventSourceArn"])
    graph.registrations += [dataclasses.replace(mapping, name=f"reader-{number}") for number in (2, 3)]


def _without_bucket_policy(graph: Deployment) -> None:
    graph.registrations = [entry for entry in graph.registrations if not entry.type.endswith(":BucketPolicy")]


def _no_dead_letter_alarm(graph: Deployment) -> None:
    graph.registrations = [
        entry for entry in graph.registrations if entry.inputs.get("metricName") != "ApproximateNumberOfMessagesVisible"
    ]


def _without(graph: Deployment, type_: str, key: str, value: str) -> None:
    graph.registrations = [e for e in graph.registrations if not (e.type == type_ and e.inputs.get(key) == value)]


def _no_catch_all(graph: Deployment) -> None:
    _without(graph, types.METHOD, "httpMethod", "ANY")


def _no_unknown_path(graph: Deployment) -> None:
    _without(graph, types.API_PATH, "pathPart", "{proxy+}")


def _pipe(**changed: Any) -> Spoil:
    return _inputs(types.PIPE, **changed)


def _not_to_wait(graph: Deployment) -> None:
    _without(graph, types.INTEGRATION_RESPONSE, "statusCode", "503")


def _no_alarm_of(metric: str) -> Spoil:
    return lambda graph: _without(graph, types.ALARM, "metricName", metric)


def _forgetful_dead_letters(graph: Deployment) -> None:
    for position, entry in enumerate(graph.registrations):
        if entry.name == "scilearn-not-handed-over" and entry.type == types.QUEUE:
            graph.registrations[position] = dataclasses.replace(
                entry, inputs={**entry.inputs, "messageRetentionSeconds": 345600}
            )


def _queue_method_without_a_model(graph: Deployment) -> None:
    for position, entry in enumerate(graph.registrations):
        if entry.name == "api-analyses-post" and entry.type == types.METHOD:
            graph.registrations[position] = dataclasses.replace(entry, inputs={**entry.inputs, "requestModels": {}})


def _passing_everything(graph: Deployment) -> None:
    for position, entry in enumerate(graph.registrations):
        if entry.name == "api-analyses-post-integration":
            changed = {**entry.inputs, "passthroughBehavior": "WHEN_NO_MATCH"}
            graph.registrations[position] = dataclasses.replace(entry, inputs=changed)


def _table(name: str, **changed: Any) -> Spoil:
    def spoil(graph: Deployment) -> None:
        for position, entry in enumerate(graph.registrations):
            if (entry.type, entry.name) == (types.TABLE, name):
                graph.registrations[position] = dataclasses.replace(entry, inputs={**entry.inputs, **changed})

    return spoil


def _no_refusals(graph: Deployment) -> None:
    _without(graph, types.REFUSAL, "responseType", "DEFAULT_4XX")


def _policy(action: str, resource: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": [action], "Resource": resource}]})


def _no_outputs(graph: Deployment) -> None:
    graph.registered_outputs.popitem()


SEEDED: list[tuple[rules.Rule, Spoil]] = [
    (rules.components_own_every_resource, _option(types.TABLE, parent="")),
    (rules.components_register_their_outputs, _no_outputs),
    (rules.aws_resources_use_the_stacks_provider, _option(types.QUEUE, provider="")),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, maximumRetryAttempts=-1)),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, maximumRecordAgeInSeconds=-1)),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, functionResponseTypes=None)),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, bisectBatchOnFunctionError=None)),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, destinationConfig=None)),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, parallelizationFactor=None)),
    (function_rules.mappings_never_block_or_lose, _inputs(types.MAPPING, startingPosition="LATEST")),
    (function_rules.mappings_never_block_or_lose, _option(types.MAPPING, delete_before_replace=False)),
    (function_rules.mappings_wait_for_rights_and_index, _option(types.MAPPING, dependencies=())),
    (function_rules.tables_streams_have_two_readers_at_most, _third_reader),
    (image_rules.images_suit_lambda, _inputs(types.IMAGE, platforms=["linux/arm64", "linux/amd64"])),
    (image_rules.images_suit_lambda, _inputs(types.IMAGE, exec=True)),
    (image_rules.images_suit_lambda, _inputs(types.IMAGE, push=None)),
    (image_rules.images_suit_lambda, _inputs(types.IMAGE, buildOnPreview=True)),
    (image_rules.images_suit_lambda, _option(types.IMAGE, retain_on_delete=False)),
    (image_rules.images_suit_lambda, _option(types.IMAGE, secret_inputs=frozenset())),
    (image_rules.images_are_rebuilt_for_their_own_files_only, _inputs(types.IMAGE, pull=True)),
    (image_rules.images_are_rebuilt_for_their_own_files_only, _inputs(types.IMAGE, noCache=True)),
    (image_rules.images_are_rebuilt_for_their_own_files_only, _inputs(types.IMAGE, labels={"revision": "1a2b3c"})),
    (image_rules.images_are_rebuilt_for_their_own_files_only, _inputs(types.IMAGE, buildArgs={"COMMIT": "1a2b3c"})),
    (image_rules.images_are_rebuilt_for_their_own_files_only, _inputs(types.IMAGE, tags=["r:1a2b3c"])),
    (image_rules.images_are_rebuilt_for_their_own_files_only, _inputs(types.IMAGE, tags="r:newest")),
    (
        image_rules.images_are_rebuilt_for_their_own_files_only,
        _inputs(types.IMAGE, context={"location": "/home/somebody/images"}),
    ),
    (
        image_rules.images_are_rebuilt_for_their_own_files_only,
        _inputs(types.IMAGE, dockerfile={"location": "./images/nothing/Dockerfile"}),
    ),
    (
        image_rules.images_are_rebuilt_for_their_own_files_only,
        _inputs(types.IMAGE, dockerfile={"location": str(ROOT / "images/replicate/Dockerfile")}),
    ),
    (image_rules.images_cache_in_their_own_repository, _inputs(types.IMAGE, cacheFrom=None)),
    (image_rules.images_cache_in_their_own_repository, _inputs(types.IMAGE, cacheTo=None)),
    (image_rules.images_cache_in_their_own_repository, _cache_to(imageManifest=None)),
    (image_rules.images_cache_in_their_own_repository, _cache_to(ociMediaTypes=None)),
    (image_rules.images_cache_in_their_own_repository, _cache_to(ref="elsewhere:cache")),
    (
        image_rules.functions_run_images_of_this_stacks_repositories,
        _inputs(types.FUNCTION, imageUri=f"elsewhere@{DIGEST}"),
    ),
    (image_rules.functions_and_images_have_one_architecture, _inputs(types.IMAGE, platforms=["linux/amd64"])),
    (
        function_rules.functions_run_digests_with_their_own_role_and_log,
        _inputs(types.FUNCTION, imageUri="r:newest"),
    ),
    (
        function_rules.functions_run_digests_with_their_own_role_and_log,
        _inputs(types.FUNCTION, imageUri=f"r:newest@{DIGEST}"),
    ),
    (function_rules.functions_run_digests_with_their_own_role_and_log, _inputs(types.FUNCTION, loggingConfig=None)),
    (function_rules.functions_run_digests_with_their_own_role_and_log, _option(types.FUNCTION, dependencies=())),
    (rules.log_groups_forget, _inputs(types.LOG_GROUP, retentionInDays=None)),
    (image_rules.repositories_keep_what_runs, _inputs(types.REPOSITORY, imageTagMutability="MUTABLE")),
    (image_rules.repositories_keep_what_runs, _inputs(types.REPOSITORY, imageTagMutabilityExclusionFilters=None)),
    (image_rules.repositories_keep_what_runs, _inputs(types.REPOSITORY, encryptionConfigurations=None)),
    (image_rules.repositories_keep_what_runs, _inputs(types.LIFECYCLE, repository="another")),
    (image_rules.repositories_keep_what_runs, _lifecycle(countType="sinceImagePushed")),
    (image_rules.repositories_keep_what_runs, _lifecycle(tagStatus="any")),
    (data_rules.data_is_protected, _option(types.TABLE, protect=False)),
    (data_rules.data_is_protected, _option(types.DESTINATION, protect=False)),
    (data_rules.data_is_protected, _option(types.BUCKET, protect=False)),
    (data_rules.changes_carry_microseconds, _inputs(types.DESTINATION, approximateCreationDateTimePrecision=None)),
    (data_rules.changes_carry_microseconds, _table("source-table", streamViewType="KEYS_ONLY")),
    (
        data_rules.tables_are_encrypted_and_only_statuses_forget,
        _table("source-table", ttl={"enabled": True, "attributeName": "t"}),
    ),
    (data_rules.tables_are_encrypted_and_only_statuses_forget, _table("analytics-status", ttl={"enabled": False})),
    (
        data_rules.tables_are_encrypted_and_only_statuses_forget,
        _table("analytics-status", serverSideEncryption={"enabled": False}),
    ),
    (data_rules.collections_take_own_ids, _inputs(types.COLLECTION, type="TIMESERIES")),
    (data_rules.collections_take_own_ids, _option(types.COLLECTION, dependencies=())),
    (data_rules.collections_take_own_ids, _inputs(types.ACCESS_POLICY, name="a" * 33)),
    (data_rules.queues_are_closed_and_patient, _inputs(types.QUEUE, sqsManagedSseEnabled=None)),
    (data_rules.queues_are_closed_and_patient, _inputs(types.QUEUE, messageRetentionSeconds=345600)),
    (
        data_rules.queues_are_closed_and_patient,
        _inputs(types.QUEUE_POLICY, policy=_policy("sqs:SendMessage", "arn:aws:q")),
    ),
    (data_rules.buckets_are_closed, _without_bucket_policy),
    (rules.alarms_know_silence, _inputs(types.ALARM, treatMissingData=None)),
    (rules.consumers_have_their_alarms, _no_dead_letter_alarm),
    (rules.changes_that_never_arrive_ring, _inputs(types.DESTINATION, tableName="another")),
    (rules.apis_ring_when_they_fail, _inputs(types.STAGE, stageName="another")),
    (rules.deployments_hold_what_is_served, _option(types.DEPLOYMENT, dependencies=())),
    (rules.deployments_hold_what_is_served, _inputs(types.DEPLOYMENT, triggers=None)),
    (rules.deployments_hold_what_is_served, _inputs(types.DEPLOYMENT, triggers={"routes": "r"})),
    (rules.indexes_are_made_again_in_a_new_collection, _inputs(types.INVOCATION, triggers={"definition": "d"})),
    (rules.no_path_is_left_to_the_gateway, _no_catch_all),
    (rules.no_path_is_left_to_the_gateway, _no_unknown_path),
    (rules.refusals_speak_the_apis_json, _inputs(types.REFUSAL, responseTemplates={"application/json": "{'error'}"})),
    (
        rules.refusals_speak_the_apis_json,
        _inputs(types.REFUSAL, responseTemplates={"application/json": '{"error":{}}'}),
    ),
    (
        rules.refusals_speak_the_apis_json,
        _inputs(
            types.REFUSAL, responseTemplates={"application/json": template(dataclasses.replace(REFUSALS[0], hint='"'))}
        ),
    ),
    (rules.refusals_speak_the_apis_json, _inputs(types.REFUSAL, statusCode="500")),
    (rules.refusals_speak_the_apis_json, _no_refusals),
    (rules.every_method_is_authorised, _inputs(types.METHOD, authorization="NONE")),
    (rules.api_logs_hold_no_content, _inputs(types.METHOD_SETTINGS, settings={"dataTraceEnabled": True})),
    (
        async_rules.pipes_hand_over_one_request_and_do_not_wait,
        _pipe(sourceParameters={"sqsQueueParameters": {"batchSize": 10, "maximumBatchingWindowInSeconds": 0}}),
    ),
    (
        async_rules.pipes_hand_over_one_request_and_do_not_wait,
        _pipe(targetParameters={"lambdaFunctionParameters": {"invocationType": "REQUEST_RESPONSE"}}),
    ),
    (async_rules.pipes_hand_over_one_request_and_do_not_wait, _pipe(desiredState=None)),
    (async_rules.pipes_hand_over_one_request_and_do_not_wait, _option(types.PIPE, dependencies=())),
    (async_rules.asynchronous_invocations_end_somewhere, _inputs(types.INVOKE_CONFIG, maximumRetryAttempts=None)),
    (async_rules.asynchronous_invocations_end_somewhere, _inputs(types.INVOKE_CONFIG, maximumEventAgeInSeconds=None)),
    (
        async_rules.asynchronous_invocations_end_somewhere,
        _inputs(types.INVOKE_CONFIG, destinationConfig={"onSuccess": {"destination": "arn:aws:sqs:q"}}),
    ),
    (async_rules.asynchronous_invocations_end_somewhere, _inputs(types.INVOKE_CONFIG, functionName="another")),
    (async_rules.asynchronous_invocations_end_somewhere, _option(types.INVOKE_CONFIG, dependencies=())),
    (async_rules.what_a_pipe_cannot_hand_over_is_kept, _pipe(source="arn:aws:sqs:eu-central-1:123456789012:another")),
    (async_rules.what_a_pipe_cannot_hand_over_is_kept, _forgetful_dead_letters),
    (async_rules.a_pipes_role_is_for_that_pipe_alone, _pipe(name="another")),
    (async_rules.asynchronous_services_have_their_alarms, _no_alarm_of("ExecutionFailed")),
    (async_rules.asynchronous_services_have_their_alarms, _no_alarm_of("ApproximateAgeOfOldestMessage")),
    (async_rules.asynchronous_services_have_their_alarms, _no_alarm_of("DestinationDeliveryFailures")),
    (async_rules.asynchronous_services_have_their_alarms, _no_alarm_of("ApproximateNumberOfMessagesVisible")),
    (async_rules.requests_into_queues_are_checked_and_answered, _not_to_wait),
    (async_rules.requests_into_queues_are_checked_and_answered, _queue_method_without_a_model),
    (async_rules.requests_into_queues_are_checked_and_answered, _passing_everything),
    (no_allowed_wildcards, _inputs(types.ROLE_POLICY, policy=_policy("s3:GetObject", "arn:aws:s3:::*"))),
    (no_allowed_wildcards, _inputs(types.ROLE_POLICY, policy=_policy("s3:DeleteObject", "arn:aws:s3:::b/p*"))),
    (
        no_allowed_wildcards,
        _inputs(types.ROLE_POLICY, policy=_policy("elasticfilesystem:ClientMount", "arn:aws:e:file-system/*")),
    ),
    (no_allowed_wildcards, _inputs(types.ROLE_POLICY, policy=_policy("aoss:*", "arn:aws:aoss:c"))),
    (no_allowed_wildcards, _inputs(types.ROLE_POLICY, policy=_policy("dynamodb:Scan", "*"))),
    (no_allowed_wildcards, _inputs(types.QUEUE_POLICY, policy=_policy("sqs:*", "arn:aws:q"))),
    (
        no_allowed_wildcards,
        _inputs(
            types.ACCESS_POLICY,
            policy='[{"Rules": [{"Resource": ["index/c/*"], "Permission": ["aoss:ReadDocument"]}], "Principal": []}]',
        ),
    ),
]


@pytest.mark.parametrize(
    ("rule", "spoil"), SEEDED, ids=[f"{rule.__name__}-{number}" for number, (rule, _) in enumerate(SEEDED)]
)
def test_rule_catches_a_seeded_violation(deploy: Deploy, rule: rules.Rule, spoil: Spoil) -> None:
    original = deploy(VARIANTS["failures in buckets"])
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
