"""The house rules as plain checks over a recorded graph; each returns what violates it, in words.

Here: components, logs, alarms, the API, and the list of all rules.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable

from tests.infra import async_rules, data_rules, function_rules, image_rules
from tests.infra import resource_types as types
from tests.infra.deployment import COMPONENT_PREFIX, Deployment
from tests.infra.policy_rules import no_allowed_wildcards

Rule = Callable[[Deployment], list[str]]


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


def log_groups_forget(graph: Deployment) -> list[str]:
    """No log is kept for ever."""
    return [
        f"{entry.name} keeps logs for ever"
        for entry in graph.all(types.LOG_GROUP)
        if not entry.inputs.get("retentionInDays", 0) > 0
    ]


def alarms_know_silence(graph: Deployment) -> list[str]:
    """Missing data is decided, not left to CloudWatch's default."""
    return [
        f"{entry.name} doesn't say" for entry in graph.all(types.ALARM) if entry.inputs.get("treatMissingData") is None
    ]


def consumers_have_their_alarms(graph: Deployment) -> list[str]:
    """Age, errors, throttles, dead letters, and both ways in which Lambda gives records up."""
    needed = {
        "IteratorAge",
        "Errors",
        "Throttles",
        "ApproximateNumberOfMessagesVisible",
        "OnFailureDestinationDeliveredEventCount",
        "DroppedEventCount",
    }
    metrics = Counter(entry.inputs.get("metricName") for entry in graph.all(types.ALARM))
    consumers = len(graph.all(types.MAPPING))
    return [
        f"{metric}: {metrics[metric]} alarms for {consumers} consumers"
        for metric in sorted(needed)
        if metrics[metric] < consumers
    ]


def changes_that_never_arrive_ring(graph: Deployment) -> list[str]:
    """No consumer can notice what DynamoDB doesn't write to Kinesis; each destination's table has its alarms."""
    queries = [
        query["expression"] for entry in graph.all(types.ALARM) for query in entry.inputs.get("metricQueries", [])
    ]
    return [
        f"{entry.name}: nothing rings for {metric}"
        for entry in graph.all(types.DESTINATION)
        for metric in ("SUM(FailedToReplicateRecordCount)", "MAX(AgeOfOldestUnreplicatedRecord)")
        if not any(metric in query and f"'{entry.inputs['tableName']}'" in query for query in queries)
    ]


def apis_ring_when_they_fail(graph: Deployment) -> list[str]:
    """One alarm on 5xx for each stage."""
    watched = [
        entry.inputs["dimensions"] for entry in graph.all(types.ALARM) if entry.inputs.get("metricName") == "5XXError"
    ]
    return [
        f"{entry.name} fails in silence"
        for entry in graph.all(types.STAGE)
        if entry.inputs["stageName"] not in [dimensions.get("Stage") for dimensions in watched]
    ]


def deployments_hold_what_is_served(graph: Deployment) -> list[str]:
    """A deployment waits for every method, integration and refusal, and is made again when they change."""
    found = []
    for entry in graph.all(types.DEPLOYMENT):
        upstream = graph.upstream(entry)
        found += [
            f"{entry.name} doesn't wait for {part.name}"
            for type_ in (
                types.METHOD,
                types.METHOD_RESPONSE,
                types.INTEGRATION,
                types.INTEGRATION_RESPONSE,
                types.MODEL,
                types.REFUSAL,
            )
            for part in graph.all(type_)
            if part.urn not in upstream
        ]
        found += [
            f"{entry.name} isn't made again when {what} change"
            for what in ("routes", "refusals")
            if not entry.inputs.get("triggers", {}).get(what)
        ]
    return found


def indexes_are_made_again_in_a_new_collection(graph: Deployment) -> list[str]:
    """A replaced collection is empty: what makes an index must run again when collection or mapping change."""
    return [
        f"{entry.name} isn't run again when its {what} changes"
        for entry in graph.all(types.INVOCATION)
        for what in ("definition", "collection")
        if not entry.inputs.get("triggers", {}).get(what)
    ]


def no_path_is_left_to_the_gateway(graph: Deployment) -> list[str]:
    """Each path takes every method, and there is one for all other paths: the function's 404 and 405 have hints."""
    paths = {f"{entry.name}-id" for entry in graph.all(types.API_PATH)} | {"root"}  # ids as cloud_answers.py gives them
    caught = {entry.inputs["resourceId"] for entry in graph.all(types.METHOD) if entry.inputs["httpMethod"] == "ANY"}
    found = [f"{path} leaves methods to the gateway" for path in sorted(paths - caught)]
    if not any(entry.inputs["pathPart"] == "{proxy+}" for entry in graph.all(types.API_PATH)):
        found.append("unknown paths are left to the gateway")
    return found


def refusals_speak_the_apis_json(graph: Deployment) -> list[str]:
    """The gateway's own answers: code, message and hint, with a fallback for each class of status."""
    found = []
    for entry in graph.all(types.REFUSAL):
        rendered = entry.inputs["responseTemplates"]["application/json"]
        try:
            error = json.loads(rendered.replace("$context.error.messageString", '"m"'))["error"]
        except ValueError:
            found.append(f"{entry.name} is no JSON")
            continue
        if set('"\\$') & set(error.get("hint", "")):
            found.append(f"{entry.name} has a hint that the gateway's template could change")
        if not error.get("code") or error.get("message") != "m" or not error.get("hint"):
            found.append(f"{entry.name} lacks code, message or hint")
        if "statusCode" in entry.inputs:
            found.append(f"{entry.name} changes AWS's status")
    needed = {"DEFAULT_4XX", "DEFAULT_5XX"} - {entry.inputs["responseType"] for entry in graph.all(types.REFUSAL)}
    return found + [f"{type_} has AWS's own text" for type_ in sorted(needed)]


def every_method_is_authorised(graph: Deployment) -> list[str]:
    """Signed, or with a key."""
    return [
        f"{entry.name} is open to everybody"
        for entry in graph.all(types.METHOD)
        if entry.inputs.get("authorization") != "AWS_IAM" and entry.inputs.get("apiKeyRequired") is not True
    ]


def api_logs_hold_no_content(graph: Deployment) -> list[str]:
    """No execution log, no data trace, no path or query string in the access log; throttled."""
    found = []
    for entry in graph.all(types.METHOD_SETTINGS):
        settings = entry.inputs["settings"]
        if settings.get("dataTraceEnabled") is not False or settings.get("loggingLevel") != "OFF":
            found.append(f"{entry.name} logs requests")
        if not settings.get("throttlingRateLimit", -1) > 0 or not settings.get("throttlingBurstLimit", -1) > 0:
            found.append(f"{entry.name} doesn't throttle")
    for entry in graph.all(types.STAGE):
        log = entry.inputs.get("accessLogSettings", {}).get("format", "")
        if not log or re.search(r"\$context\.(path|identity\.sourceIp|requestOverride)\b|\$input|querystring", log):
            found.append(f"{entry.name} has no access log, or one with content")
    return found


RULES: tuple[Rule, ...] = (
    components_own_every_resource,
    components_register_their_outputs,
    aws_resources_use_the_stacks_provider,
    function_rules.mappings_never_block_or_lose,
    function_rules.mappings_wait_for_rights_and_index,
    function_rules.tables_streams_have_two_readers_at_most,
    image_rules.images_suit_lambda,
    image_rules.images_are_rebuilt_for_their_own_files_only,
    image_rules.images_cache_in_their_own_repository,
    image_rules.functions_and_images_have_one_architecture,
    image_rules.functions_run_images_of_this_stacks_repositories,
    function_rules.functions_run_digests_with_their_own_role_and_log,
    log_groups_forget,
    image_rules.repositories_keep_what_runs,
    data_rules.data_is_protected,
    data_rules.changes_carry_microseconds,
    data_rules.tables_are_encrypted_and_only_statuses_forget,
    data_rules.collections_take_own_ids,
    data_rules.queues_are_closed_and_patient,
    data_rules.buckets_are_closed,
    alarms_know_silence,
    consumers_have_their_alarms,
    changes_that_never_arrive_ring,
    apis_ring_when_they_fail,
    deployments_hold_what_is_served,
    indexes_are_made_again_in_a_new_collection,
    no_path_is_left_to_the_gateway,
    refusals_speak_the_apis_json,
    every_method_is_authorised,
    api_logs_hold_no_content,
    async_rules.pipes_hand_over_one_request_and_do_not_wait,
    async_rules.asynchronous_invocations_end_somewhere,
    async_rules.what_a_pipe_cannot_hand_over_is_kept,
    async_rules.a_pipes_role_is_for_that_pipe_alone,
    async_rules.asynchronous_services_have_their_alarms,
    async_rules.requests_into_queues_are_checked_and_answered,
    no_allowed_wildcards,
)
