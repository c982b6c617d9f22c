"""Seeded violations of the rules beside this file."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tests.infra import resource_types as types
from tests.infra.deployment import ROOT, Deployment, Registration
from tests.infra.parts.rules import (
    buckets_are_closed,
    functions_and_images_have_one_architecture,
    functions_run_digests_with_their_own_role_and_log,
    functions_run_images_of_this_stacks_repositories,
    images_are_rebuilt_for_their_own_files_only,
    images_cache_in_their_own_repository,
    images_suit_lambda,
    lambda_may_pull_before_it_has_to,
    log_groups_forget,
    queues_are_closed_and_patient,
    repositories_keep_what_runs,
)
from tests.infra.parts.variants import DIGEST
from tests.infra.spoiling import Fault, Spoil, change_first, policy, with_inputs, with_options


def _cache_to(**changed: Any) -> Spoil:
    def change(entry: Registration) -> Registration:
        [cache] = entry.inputs["cacheTo"]
        spoilt = {"registry": {**cache["registry"], **changed}}
        return dataclasses.replace(entry, inputs={**entry.inputs, "cacheTo": [spoilt]})

    return lambda graph: change_first(graph, types.IMAGE, change)


def _lifecycle(**changed: str) -> Spoil:
    def change(entry: Registration) -> Registration:
        policy = json.loads(entry.inputs["policy"])
        policy["rules"][0]["selection"] |= changed
        return dataclasses.replace(entry, inputs={**entry.inputs, "policy": json.dumps(policy)})

    return lambda graph: change_first(graph, types.LIFECYCLE, change)


def _without_bucket_policy(graph: Deployment) -> None:
    graph.registrations = [entry for entry in graph.registrations if not entry.type.endswith(":BucketPolicy")]


def _pulling(**changed: Any) -> Spoil:
    def change(entry: Registration) -> Registration:
        [statement] = json.loads(entry.inputs["policy"])["Statement"]
        spoilt = json.dumps({"Statement": [{**statement, **changed}]})
        return dataclasses.replace(entry, inputs={**entry.inputs, "policy": spoilt})

    return lambda graph: change_first(graph, types.PULLING, change)


FAULTS: list[Fault] = [
    (lambda_may_pull_before_it_has_to, with_inputs(types.PULLING, repository="another")),
    (lambda_may_pull_before_it_has_to, _pulling(Principal="*")),
    (lambda_may_pull_before_it_has_to, _pulling(Condition={})),
    (lambda_may_pull_before_it_has_to, _pulling(Action=["ecr:BatchGetImage"])),
    (lambda_may_pull_before_it_has_to, with_options(types.PULLING, urn="another")),
    (images_suit_lambda, with_inputs(types.IMAGE, platforms=["linux/arm64", "linux/amd64"])),
    (images_suit_lambda, with_inputs(types.IMAGE, exec=True)),
    (images_suit_lambda, with_inputs(types.IMAGE, push=None)),
    (images_suit_lambda, with_inputs(types.IMAGE, buildOnPreview=True)),
    (images_suit_lambda, with_options(types.IMAGE, retain_on_delete=False)),
    (images_suit_lambda, with_options(types.IMAGE, secret_inputs=frozenset())),
    (images_are_rebuilt_for_their_own_files_only, with_inputs(types.IMAGE, pull=True)),
    (images_are_rebuilt_for_their_own_files_only, with_inputs(types.IMAGE, noCache=True)),
    (images_are_rebuilt_for_their_own_files_only, with_inputs(types.IMAGE, labels={"revision": "1a2b3c"})),
    (images_are_rebuilt_for_their_own_files_only, with_inputs(types.IMAGE, buildArgs={"COMMIT": "1a2b3c"})),
    (images_are_rebuilt_for_their_own_files_only, with_inputs(types.IMAGE, tags=["r:1a2b3c"])),
    (images_are_rebuilt_for_their_own_files_only, with_inputs(types.IMAGE, tags="r:newest")),
    (
        images_are_rebuilt_for_their_own_files_only,
        with_inputs(types.IMAGE, context={"location": "/home/somebody/images"}),
    ),
    (
        images_are_rebuilt_for_their_own_files_only,
        with_inputs(types.IMAGE, dockerfile={"location": "./images/nothing/Dockerfile"}),
    ),
    (
        images_are_rebuilt_for_their_own_files_only,
        with_inputs(types.IMAGE, dockerfile={"location": str(ROOT / "images/replicate/Dockerfile")}),
    ),
    (images_cache_in_their_own_repository, with_inputs(types.IMAGE, cacheFrom=None)),
    (images_cache_in_their_own_repository, with_inputs(types.IMAGE, cacheTo=None)),
    (images_cache_in_their_own_repository, _cache_to(imageManifest=None)),
    (images_cache_in_their_own_repository, _cache_to(ociMediaTypes=None)),
    (images_cache_in_their_own_repository, _cache_to(ref="elsewhere:cache")),
    (
        functions_run_images_of_this_stacks_repositories,
        with_inputs(types.FUNCTION, imageUri=f"elsewhere@{DIGEST}"),
    ),
    (functions_and_images_have_one_architecture, with_inputs(types.IMAGE, platforms=["linux/amd64"])),
    (
        functions_run_digests_with_their_own_role_and_log,
        with_inputs(types.FUNCTION, imageUri="r:newest"),
    ),
    (
        functions_run_digests_with_their_own_role_and_log,
        with_inputs(types.FUNCTION, imageUri=f"r:newest@{DIGEST}"),
    ),
    (functions_run_digests_with_their_own_role_and_log, with_inputs(types.FUNCTION, loggingConfig=None)),
    (functions_run_digests_with_their_own_role_and_log, with_options(types.FUNCTION, dependencies=())),
    (log_groups_forget, with_inputs(types.LOG_GROUP, retentionInDays=None)),
    (repositories_keep_what_runs, with_inputs(types.REPOSITORY, imageTagMutability="MUTABLE")),
    (repositories_keep_what_runs, with_inputs(types.REPOSITORY, imageTagMutabilityExclusionFilters=None)),
    (repositories_keep_what_runs, with_inputs(types.REPOSITORY, encryptionConfigurations=None)),
    (repositories_keep_what_runs, with_inputs(types.LIFECYCLE, repository="another")),
    (repositories_keep_what_runs, _lifecycle(countType="sinceImagePushed")),
    (repositories_keep_what_runs, _lifecycle(tagStatus="any")),
    (queues_are_closed_and_patient, with_inputs(types.QUEUE, sqsManagedSseEnabled=None)),
    (queues_are_closed_and_patient, with_inputs(types.QUEUE, messageRetentionSeconds=345600)),
    (
        queues_are_closed_and_patient,
        with_inputs(types.QUEUE_POLICY, policy=policy("sqs:SendMessage", "arn:aws:q")),
    ),
    (buckets_are_closed, _without_bucket_policy),
]
