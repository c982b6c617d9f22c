"""Hands an event over only if the pipe's role may invoke the function."""

from collections.abc import Callable
from typing import Any

from local.runners.asynchronous.pipe import Target


class PermittedTarget:
    """A function's runner behind the right to invoke the function.

    The runner stands in for Lambda's own queue of events and is no API that checks a caller; a dry run is one.
    """

    def __init__(self, target: Target, client: Any, function_name: str) -> None:
        """`client` is a boto3 Lambda client with the role of whoever hands over."""
        self._target, self._client, self._function_name = target, client, function_name

    def wait_for_room(self, timeout_seconds: float) -> bool:
        """Waits until an event is welcome; False: not now."""
        return self._target.wait_for_room(timeout_seconds)

    def accept(self, payload: Any, *, give_back: Callable[[], None]) -> str:
        """Takes the event over. Raises botocore's error when the role may not invoke."""
        self._client.invoke(FunctionName=self._function_name, InvocationType="DryRun")
        return self._target.accept(payload, give_back=give_back)
