"""Makes attempts: each is one synchronous invocation that brings the event's request id."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.runners.asynchronous.event import ZERO_CONCURRENCY, AsynchronousEvent
from local.runners.invocation import InvokeResult, invoke_once

Attempt = Callable[[AsynchronousEvent], InvokeResult | None]
"""One attempt. None: the function did not run, because of a throttle or an error of the service."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FunctionAttempt:
    """Invokes through a boto3 Lambda client made by `invoker_config`, which never retries.

    The request id goes in the client context, which `ministack_additions` reads; the functions don't see it.
    The embedded AWS keeps a reserved concurrency and doesn't enforce it: so the 0 of an emergency stop is asked for.
    """

    client: Any
    function_name: str

    def __call__(self, event: AsynchronousEvent) -> InvokeResult | None:
        """Invokes and waits for the answer."""
        context = json.dumps({"custom": {"request_id": event.request_id}})
        try:
            concurrency = self.client.get_function_concurrency(FunctionName=self.function_name)
            if concurrency.get("ReservedConcurrentExecutions") == 0:
                return ZERO_CONCURRENCY
            result = invoke_once(
                self.client,
                self.function_name,
                json.dumps(event.payload).encode(),
                ClientContext=base64.b64encode(context.encode()).decode(),
            )
        except Exception as error:  # whatever it is, the event is still here and is tried again
            _log.warning("%s could not be invoked: %s: %s", self.function_name, type(error).__name__, error)
            return None
        return replace(result, request_id=event.request_id)
