"""The edge to the function: one attempt is one synchronous invocation that brings the event's own request id."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.runners.asynchronous.event import AsynchronousEvent
from local.runners.invocation import InvokeResult, invoke_once

Attempt = Callable[[AsynchronousEvent], InvokeResult | None]
"""One attempt. None: the function did not run, for a throttle or an error of the service."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FunctionAttempt:
    """Invokes through a boto3 Lambda client made by `invoker_config`, which never retries.

    The request id goes in the client context, which `ministack_additions` reads; the functions don't see it.
    """

    client: Any
    function_name: str

    def __call__(self, event: AsynchronousEvent) -> InvokeResult | None:
        """Invoke and wait for the answer."""
        context = json.dumps({"custom": {"request_id": event.request_id}})
        try:
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
