"""Makes a `QueueMappingRunner` out of settings and boto3 clients."""

from collections.abc import Callable
from typing import Any

from local.runners.invocation import LambdaInvoker, invoker_config
from local.runners.queue_mapping.runner import QueueMappingRunner
from local.runners.queue_mapping.settings import QueueMappingSettings
from streams.client import polling_config


def queue_mapping_runner(settings: QueueMappingSettings, make_client: Callable[..., Any]) -> QueueMappingRunner:
    """Makes a runner over the public APIs, not started. Clients are made here: call it on one thread."""
    config = invoker_config(
        function_timeout_seconds=settings.function_timeout_seconds, parallel_invocations=settings.parallel
    )
    return QueueMappingRunner(
        settings=settings,
        sqs=make_client("sqs", config=polling_config()),
        invoke=LambdaInvoker(client=make_client("lambda", config=config)),
    )
