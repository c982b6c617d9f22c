"""Makes an `AsynchronousRunner` out of settings and boto3 clients."""

import os
from collections.abc import Callable
from typing import Any

from local.runners.asynchronous.destinations import Destinations
from local.runners.asynchronous.invoker import FunctionAttempt
from local.runners.asynchronous.runner import AsynchronousRunner
from local.runners.asynchronous.settings import AsynchronousSettings
from local.runners.invocation import invoker_config
from streams.client import polling_config

MOST_PARALLEL = max(1, min(4, (os.cpu_count() or 2)))
"""Events with a function at once: one for each processor, at most four, as each has a process and its memory."""

COLD_START_SECONDS = 60


def asynchronous_runner(
    settings: AsynchronousSettings, make_client: Callable[..., Any], *, function_timeout_seconds: float
) -> AsynchronousRunner:
    """Makes a function's runner, not started. Clients are made here: call it on one thread."""
    config = invoker_config(
        function_timeout_seconds=function_timeout_seconds + COLD_START_SECONDS,
        parallel_invocations=settings.parallel,
    )
    destinations = Destinations(settings=settings, client=lambda service: make_client(service, config=polling_config()))
    attempt = FunctionAttempt(client=make_client("lambda", config=config), function_name=settings.function_name)
    return AsynchronousRunner(settings=settings, attempt=attempt, deliver=destinations.deliver)
