"""Makes runners and pipes out of what the program declared: what `local.runners.feeds` calls once a stack."""

import os
from collections.abc import Callable
from typing import Any

from local.program.resources.creation import Cloud, QueuePipe
from local.runners.asynchronous.destinations import Destinations
from local.runners.asynchronous.invoker import FunctionAttempt
from local.runners.asynchronous.pipe import Pipe
from local.runners.asynchronous.runner import AsynchronousRunner
from local.runners.asynchronous.settings import AsynchronousSettings, PipeSettings
from local.runners.invocation import invoker_config
from streams.client import polling_config

MOST_PARALLEL = max(1, min(4, (os.cpu_count() or 2)))
"""Events with a function at once: one for each processor, at most four, as each has a process and its memory."""

COLD_START_SECONDS = 60


def asynchronous_settings(cloud: Cloud, function_name: str) -> AsynchronousSettings:
    """What the program declared for a function, or AWS's defaults."""
    function = cloud.client("lambda").get_function(FunctionName=function_name)
    inputs = cloud.asynchronous.get(function_name, {})
    destinations = inputs.get("destinationConfig") or {}
    reserved = (function.get("Concurrency") or {}).get("ReservedConcurrentExecutions") or MOST_PARALLEL
    retries = inputs.get("maximumRetryAttempts")
    return AsynchronousSettings(
        function_name=function_name,
        function_arn=function["Configuration"]["FunctionArn"],
        maximum_retry_attempts=2 if retries is None else retries,
        maximum_event_age_seconds=inputs.get("maximumEventAgeInSeconds") or 21_600,
        on_success_arn=(destinations.get("onSuccess") or {}).get("destination"),
        on_failure_arn=(destinations.get("onFailure") or {}).get("destination"),
        parallel=min(MOST_PARALLEL, reserved),
    )


def asynchronous_runner(cloud: Cloud, function_name: str, make_client: Callable[..., Any]) -> AsynchronousRunner:
    """A function's runner, not started."""
    settings = asynchronous_settings(cloud, function_name)
    timeout = cloud.client("lambda").get_function_configuration(FunctionName=function_name)["Timeout"]
    config = invoker_config(
        function_timeout_seconds=timeout + COLD_START_SECONDS, parallel_invocations=settings.parallel
    )
    destinations = Destinations(settings=settings, client=lambda service: make_client(service, config=polling_config()))
    attempt = FunctionAttempt(client=make_client("lambda", config=config), function_name=function_name)
    return AsynchronousRunner(settings=settings, attempt=attempt, deliver=destinations.deliver)


def queue_pipe(declared: QueuePipe, target: AsynchronousRunner, make_client: Callable[..., Any]) -> Pipe:
    """A pipe into a function's runner, not started."""
    arn = declared.inputs["source"]
    parameters = (declared.inputs.get("sourceParameters") or {}).get("sqsQueueParameters") or {}
    sqs = make_client("sqs", config=polling_config())
    settings = PipeSettings(
        name=declared.name,
        queue_arn=arn,
        queue_url=sqs.get_queue_url(QueueName=arn.split(":")[-1])["QueueUrl"],
        function_name=target.settings.function_name,
        batch_size=parameters.get("batchSize") or 10,
    )
    return Pipe(settings=settings, sqs=sqs, target=target)
