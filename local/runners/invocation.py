"""The edge to the function: what an invocation gives back, and the one real way to make it, `lambda.invoke`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from streams.record import event_json


@dataclass(frozen=True, kw_only=True)
class InvokeResult:
    """What Lambda answered to one synchronous invocation."""

    status_code: int
    function_error: str | None = None
    """`Unhandled` or `Handled` when the function failed, else None."""
    payload: bytes = b""
    request_id: str | None = None
    executed_version: str = "$LATEST"


Invoke = Callable[[str, dict[str, Any]], InvokeResult]
"""(function name, event) → result. A raised exception means: the function did not run."""


@dataclass(frozen=True, kw_only=True)
class LambdaInvoker:
    """Invokes through a boto3 Lambda client, synchronously.

    Make the client with `invoker_config`. Service errors (a throttle is `TooManyRequestsException`) come out as
    botocore's exceptions: the mapping counts them as "not invoked" and retries by itself, the only retry layer.
    """

    client: Any

    def __call__(self, function_name: str, event: dict[str, Any]) -> InvokeResult:
        """Invoke once and wait for the answer."""
        return invoke_once(self.client, function_name, event_json(event))


def invoke_once(client: Any, function_name: str, payload: bytes, **options: str) -> InvokeResult:
    """Invokes a function synchronously through a boto3 Lambda client; raises botocore's exceptions."""
    answer = client.invoke(FunctionName=function_name, InvocationType="RequestResponse", Payload=payload, **options)
    return InvokeResult(
        status_code=answer["StatusCode"],
        function_error=answer.get("FunctionError"),
        payload=answer["Payload"].read(),
        request_id=answer.get("ResponseMetadata", {}).get("RequestId"),
        executed_version=answer.get("ExecutedVersion", "$LATEST"),
    )


def invoker_config(*, function_timeout_seconds: float, parallel_invocations: int) -> Config:
    """Client settings for `LambdaInvoker`: waits longer than the function may run, never retries, enough connections.

    A read time-out below the function's would start a second invocation while the first still writes.
    """
    return Config(
        read_timeout=function_timeout_seconds + 10,
        connect_timeout=5,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=max(10, parallel_invocations),
    )
