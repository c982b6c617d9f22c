"""What the section of every service behind a queue has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field

from infra.base.section import FunctionSettings, Problem
from infra.base.values import written_as

QUEUE = "sqs"
"""A queue of this stack as a destination."""
# A FIFO queue or topic is no destination, nor is a bucket where successes go, too:
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_NAME = r"[A-Za-z0-9_-]+"
DESTINATION = (
    rf"{QUEUE}|arn:aws[a-z-]*:(?:(?:sqs|sns):[a-z0-9-]+:[0-9]{{12}}:{_NAME}"
    rf"|events:[a-z0-9-]+:[0-9]{{12}}:event-bus/[A-Za-z0-9._/-]+"
    rf"|lambda:[a-z0-9-]+:[0-9]{{12}}:function:{_NAME}(?::[A-Za-z0-9_$-]+)?)"
)
Destination = Annotated[
    str,
    AfterValidator(
        written_as(DESTINATION, f"{QUEUE}, or the ARN of a standard queue or topic, an event bus or a function")
    ),
]


class _Stack(Protocol):
    """What the rules read of other settings."""

    @property
    def name_prefix(self) -> str: ...


class QueuedSettings(FunctionSettings):
    """Size and patience of a function that is invoked asynchronously; bounds are Lambda's and SQS's.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html (retries, event age)
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
    """

    ephemeral_storage_mb: int = Field(default=2048, ge=512, le=10_240)
    # An account keeps at least 100 for all other functions, one with the limit 10 all 10:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html and
    # awslabs/fhir-works-on-aws-deployment, issue 691
    reserved_concurrency: int | None = Field(default=None, ge=1, examples=["10"])
    maximum_retry_attempts: int = Field(default=2, ge=0, le=2)
    maximum_event_age_seconds: int = Field(default=21_600, ge=60, le=21_600)
    queue_retention_hours: int = Field(default=96, ge=1, le=312)
    request_age_seconds: int = Field(default=300, ge=60, le=86_400)
    on_success: Destination = QUEUE
    on_failure: Destination = QUEUE

    @property
    def queue_retention_seconds(self) -> int:
        """The queue's retention in SQS's unit."""
        return self.queue_retention_hours * 3600

    def own_destination(self, section: str, stack: _Stack) -> Iterator[Problem]:
        """Yields destinations that are the function itself."""
        function = f"{stack.name_prefix}{self.function_name}"
        for key, value in (("on_success", self.on_success), ("on_failure", self.on_failure)):
            if value.split(":")[5:7] == ["function", function]:
                message = f"is {value}: the function itself, which would call itself for ever"
                yield Problem(path=(section, key), message=message)
