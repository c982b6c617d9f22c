"""Invokes the function `replicate` synchronously, and says what its failures mean to the driver."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError
from ops.stack import Stack

LONGEST_INVOCATION_SECONDS = 920
"""A bit over Lambda's limit of 900 s: giving up earlier would only start the same pages twice."""

HOPELESS = frozenset(
    {"SuspectedEnvironmentError", "SettingsError", "ResourceNotFoundException", "AccessDeniedException"}
)
"""Errors that come again however often the same invocation is made."""

Invoke = Callable[[Mapping[str, Any]], dict[str, Any]]
"""From the function's event to its answer. Raises InvocationError."""


class InvocationError(OpsError):
    """The function didn't answer, or answered with an error. `hopeless` when another attempt is no use."""

    def __init__(self, message: str, *, hopeless: bool) -> None:
        super().__init__(message)
        self.hopeless = hopeless


def replicate_function(stack: Stack) -> Invoke:
    """Makes a callable of the stack's function. Raises OpsError where the stack has none."""
    name = stack.outputs.get("functions", {}).get("replicate")
    if not name:
        raise OpsError(
            f"Stack {stack.name} has no function `replicate` (output `functions`): deploy this version first."
        )
    client = stack.client(
        "lambda",
        config=Config(read_timeout=LONGEST_INVOCATION_SECONDS, retries={"mode": "standard", "total_max_attempts": 1}),
    )

    def invoke(event: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            payload = json.loads(answer["Payload"].read())
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise InvocationError(f"Invoking {name} failed: {code}.", hopeless=code in HOPELESS) from error
        except (BotoCoreError, ValueError) as error:
            raise InvocationError(f"Invoking {name} failed: {type(error).__name__}.", hopeless=False) from error
        if answer.get("FunctionError") or not isinstance(payload, dict) or "next_key" not in payload:
            failure = payload if isinstance(payload, dict) else {}
            kind = str(failure.get("errorType", "no error type"))
            raise InvocationError(
                f"{name} failed with {kind}: {failure.get('errorMessage', 'no message')}",
                hopeless=kind.rpartition(".")[2] in HOPELESS,
            )
        return payload

    return invoke
