"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.queued.rules import (
    a_pipe_could_read_its_queue_long_before,
    a_pipes_role_is_for_that_pipe_alone,
    asynchronous_invocations_end_somewhere,
    asynchronous_services_have_their_alarms,
    pipes_hand_over_one_request_and_do_not_wait,
    requests_into_queues_are_checked_and_answered,
    what_a_pipe_cannot_hand_over_is_kept,
)
from tests.infra.spoiling import Fault, Spoil, with_inputs, with_inputs_of, with_options, with_options_of, without


def _not_to_wait(graph: Deployment) -> None:
    without(graph, types.INTEGRATION_RESPONSE, "statusCode", "503")


def _reading_after_the_function(graph: Deployment) -> None:
    function = graph.one(types.FUNCTION, "scilearn").urn
    with_options_of(types.ROLE_POLICY, "scilearn-pipe-policy", dependencies=(function,))(graph)


def _no_alarm_of(metric: str) -> Spoil:
    return lambda graph: without(graph, types.ALARM, "metricName", metric)


FAULTS: list[Fault] = [
    (
        pipes_hand_over_one_request_and_do_not_wait,
        with_inputs(
            types.PIPE, sourceParameters={"sqsQueueParameters": {"batchSize": 10, "maximumBatchingWindowInSeconds": 0}}
        ),
    ),
    (
        pipes_hand_over_one_request_and_do_not_wait,
        with_inputs(types.PIPE, targetParameters={"lambdaFunctionParameters": {"invocationType": "REQUEST_RESPONSE"}}),
    ),
    (pipes_hand_over_one_request_and_do_not_wait, with_inputs(types.PIPE, desiredState=None)),
    (pipes_hand_over_one_request_and_do_not_wait, with_options(types.PIPE, dependencies=())),
    (asynchronous_invocations_end_somewhere, with_inputs(types.INVOKE_CONFIG, maximumRetryAttempts=None)),
    (asynchronous_invocations_end_somewhere, with_inputs(types.INVOKE_CONFIG, maximumEventAgeInSeconds=None)),
    (
        asynchronous_invocations_end_somewhere,
        with_inputs(types.INVOKE_CONFIG, destinationConfig={"onSuccess": {"destination": "arn:aws:sqs:q"}}),
    ),
    (asynchronous_invocations_end_somewhere, with_inputs(types.INVOKE_CONFIG, functionName="another")),
    (asynchronous_invocations_end_somewhere, with_options(types.INVOKE_CONFIG, dependencies=())),
    (
        what_a_pipe_cannot_hand_over_is_kept,
        with_inputs(types.PIPE, source="arn:aws:sqs:eu-central-1:123456789012:another"),
    ),
    (
        what_a_pipe_cannot_hand_over_is_kept,
        with_inputs_of(types.QUEUE, "scilearn-not-handed-over", messageRetentionSeconds=345600),
    ),
    (a_pipes_role_is_for_that_pipe_alone, with_inputs(types.PIPE, name="another")),
    (a_pipe_could_read_its_queue_long_before, _reading_after_the_function),
    (a_pipe_could_read_its_queue_long_before, with_options(types.PIPE, dependencies=())),
    (asynchronous_services_have_their_alarms, _no_alarm_of("ExecutionFailed")),
    (asynchronous_services_have_their_alarms, _no_alarm_of("ApproximateAgeOfOldestMessage")),
    (asynchronous_services_have_their_alarms, _no_alarm_of("DestinationDeliveryFailures")),
    (asynchronous_services_have_their_alarms, _no_alarm_of("ApproximateNumberOfMessagesVisible")),
    (requests_into_queues_are_checked_and_answered, _not_to_wait),
    (
        requests_into_queues_are_checked_and_answered,
        with_inputs_of(types.METHOD, "api-analyses-post", requestModels={}),
    ),
    (
        requests_into_queues_are_checked_and_answered,
        with_inputs_of(types.INTEGRATION, "api-analyses-post-integration", passthroughBehavior="WHEN_NO_MATCH"),
    ),
]
