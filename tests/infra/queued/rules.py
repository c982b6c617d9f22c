"""What must hold for a service behind a queue: nothing is waited for, nothing vanishes, everything rings."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment


def pipes_hand_over_one_request_and_do_not_wait(graph: Deployment) -> list[str]:
    """So that Lambda's own retries and destinations act, on one request; and not before destinations are there."""
    known = graph.by_urn()
    found = []
    for entry in graph.all(types.PIPE):
        source = entry.inputs.get("sourceParameters", {}).get("sqsQueueParameters", {})
        target = entry.inputs.get("targetParameters", {}).get("lambdaFunctionParameters", {})
        if source.get("batchSize") != 1 or source.get("maximumBatchingWindowInSeconds") != 0:
            found.append(f"{entry.name} hands over more than one request, or late")
        if target.get("invocationType") != "FIRE_AND_FORGET":
            found.append(f"{entry.name} waits for the function")
        if entry.inputs.get("desiredState") != "RUNNING":
            found.append(f"{entry.name} doesn't say that it runs")
        before = {known[urn].type for urn in entry.dependencies if urn in known}
        found += [
            f"{entry.name} isn't after its {need}"
            for need in (types.INVOKE_CONFIG, types.ROLE_POLICY)
            if need not in before
        ]
    return found


def asynchronous_invocations_end_somewhere(graph: Deployment) -> list[str]:
    """Both endings are told, retries and age are explicit, and the role may tell before Lambda asks."""
    known = graph.by_urn()
    configured = {entry.inputs.get("functionName") for entry in graph.all(types.INVOKE_CONFIG)}
    found = []
    for entry in graph.all(types.INVOKE_CONFIG):
        told = entry.inputs.get("destinationConfig", {})
        found += [
            f"{entry.name} has no destination {ending}"
            for ending in ("onSuccess", "onFailure")
            if not told.get(ending, {}).get("destination")
        ]
        if not 0 <= entry.inputs.get("maximumRetryAttempts", -1) <= 2:
            found.append(f"{entry.name} doesn't say how often to retry")
        if not 60 <= entry.inputs.get("maximumEventAgeInSeconds", -1) <= 21_600:
            found.append(f"{entry.name} doesn't say how long to retry")
        if types.ROLE_POLICY not in {known[urn].type for urn in entry.dependencies if urn in known}:
            found.append(f"{entry.name} isn't after the role's policy")
    return found + [
        f"{entry.name} invokes a function that tells nobody how it ended"
        for entry in graph.all(types.PIPE)
        if str(entry.inputs.get("target")).rpartition(":")[2] not in configured
    ]


def what_a_pipe_cannot_hand_over_is_kept(graph: Deployment) -> list[str]:
    """The source has a dead-letter queue of this stack that keeps messages longer than the source does."""
    queues = {str(entry.outputs.get("arn")): entry for entry in graph.all(types.QUEUE)}
    found = []
    for entry in graph.all(types.PIPE):
        source = queues.get(str(entry.inputs.get("source")))
        policy = json.loads(source.inputs.get("redrivePolicy", "{}")) if source else {}
        kept = queues.get(policy.get("deadLetterTargetArn", ""))
        if source is None or kept is None or not policy.get("maxReceiveCount", 0) >= 5:
            found.append(f"{entry.name} reads a queue without a dead-letter queue")
        elif source.inputs["messageRetentionSeconds"] >= kept.inputs["messageRetentionSeconds"]:
            found.append(f"{kept.name} forgets before {source.name} does")
    return found


def a_pipes_role_is_for_that_pipe_alone(graph: Deployment) -> list[str]:
    """The service takes it on behalf of the one pipe, not of anybody's."""
    roles = {entry.outputs.get("arn"): entry for entry in graph.all(types.ROLE)}
    found = []
    for entry in graph.all(types.PIPE):
        [statement] = json.loads(roles[entry.inputs["roleArn"]].inputs["assumeRolePolicy"])["Statement"]
        only = statement.get("Condition", {}).get("StringEquals", {})
        if not str(only.get("aws:SourceArn")).endswith(f":pipe/{entry.inputs['name']}"):
            found.append(f"{entry.name}: anybody's pipe gets its role")
    return found


def a_pipe_could_read_its_queue_long_before(graph: Deployment) -> list[str]:
    """The right waits for no function: IAM has spread it by the time that the pipe is made, which reads at once.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    """
    known = graph.by_urn()
    roles = {entry.outputs.get("arn"): entry.outputs.get("name") for entry in graph.all(types.ROLE)}
    found = []
    for entry in graph.all(types.PIPE):
        reading = [
            policy
            for policy in graph.all(types.ROLE_POLICY)
            if policy.inputs["role"] == roles.get(entry.inputs["roleArn"])
            and "sqs:ReceiveMessage" in policy.inputs["policy"]
        ]
        if not any(policy.urn in entry.dependencies for policy in reading):
            found.append(f"{entry.name} isn't after its right to read")
        found += [
            f"{policy.name} waits for {known[urn].name}"
            for policy in reading
            for urn in graph.upstream(policy)
            if known[urn].type in (types.FUNCTION, types.IMAGE)
        ]
    return found


def asynchronous_services_have_their_alarms(graph: Deployment) -> list[str]:
    """Each place where a request can wait or end, by metric and by what it is of."""
    watched = {
        (entry.inputs.get("metricName"), value)
        for entry in graph.all(types.ALARM)
        for value in entry.inputs.get("dimensions", {}).values()
    }
    queues = {str(entry.outputs.get("arn")): entry for entry in graph.all(types.QUEUE)}
    found = []
    for entry in graph.all(types.PIPE):
        function = entry.inputs["target"].rpartition(":")[2]
        source = queues.get(entry.inputs["source"])
        needed = {
            ("ExecutionFailed", entry.inputs["name"]),
            ("ApproximateAgeOfOldestMessage", source.inputs["name"] if source else None),
            *((metric, function) for metric in ("Errors", "Throttles", "AsyncEventAge", "DestinationDeliveryFailures")),
            _failures(graph, function),
        }
        if source and "redrivePolicy" in source.inputs:
            kept = json.loads(source.inputs["redrivePolicy"])["deadLetterTargetArn"].rpartition(":")[2]
            needed.add(("ApproximateNumberOfMessagesVisible", kept))
        found += [
            f"{entry.name}: nothing rings for {metric} of {of}" for metric, of in sorted(needed - watched, key=str)
        ]
    return found


def requests_into_queues_are_checked_and_answered(graph: Deployment) -> list[str]:
    """No body passes unchecked, no answer of SQS is shown as it is, and the role that sends is named."""
    found = []
    for entry in graph.all(types.INTEGRATION):
        if entry.inputs.get("type") != "AWS":
            continue
        place = (entry.inputs["resourceId"], entry.inputs["httpMethod"])
        if entry.inputs.get("passthroughBehavior") != "NEVER" or not entry.inputs.get("credentials"):
            found.append(f"{entry.name} passes bodies of any type on, or sends as nobody")
        found += [
            f"{method.name} checks no body"
            for method in graph.all(types.METHOD)
            if (method.inputs["resourceId"], method.inputs["httpMethod"]) == place
            and not (method.inputs.get("requestModels") and method.inputs.get("requestValidatorId"))
        ]
        answers = [
            answer.inputs
            for answer in graph.all(types.INTEGRATION_RESPONSE)
            if (answer.inputs["resourceId"], answer.inputs["httpMethod"]) == place
        ]
        if [bool(answer.get("selectionPattern")) for answer in answers].count(False) != 1:
            found.append(f"{entry.name} has no one answer for what nobody thought of")
        found += [
            f"{entry.name} shows what the queue says with {answer['statusCode']}"
            for answer in answers
            if not answer.get("responseTemplates", {}).get("application/json")
        ]
    return found


def _failures(graph: Deployment, function: str) -> tuple[str, str]:
    """Waiting messages where failures go to a queue, what Lambda gives up where not."""
    for entry in graph.all(types.INVOKE_CONFIG):
        destination = entry.inputs.get("destinationConfig", {}).get("onFailure", {}).get("destination", "")
        if entry.inputs.get("functionName") == function and ":sqs:" in destination:
            return "ApproximateNumberOfMessagesVisible", destination.rpartition(":")[2]
    return "AsyncEventsDropped", function


RULES = (
    pipes_hand_over_one_request_and_do_not_wait,
    asynchronous_invocations_end_somewhere,
    what_a_pipe_cannot_hand_over_is_kept,
    a_pipes_role_is_for_that_pipe_alone,
    a_pipe_could_read_its_queue_long_before,
    asynchronous_services_have_their_alarms,
    requests_into_queues_are_checked_and_answered,
)
