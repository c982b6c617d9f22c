"""Reads a function's answer as AWS does for a queue: which messages are done with, and which come again. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.runners.invocation import InvokeResult
from local.runners.item_failures import reported_identifiers


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The function ran. `returned` are the ids of the messages that come again; all of them when it failed."""

    returned: frozenset[str]
    is_failure: bool


@dataclass(frozen=True, kw_only=True)
class NotInvoked:
    """A throttle or a service error before the function ran: the same batch is tried again while it is hidden."""


def read_answer(
    result: InvokeResult, message_ids: Sequence[str], *, report_batch_item_failures: bool
) -> Answered | NotInvoked:
    """Judges one invocation.

    Without `ReportBatchItemFailures` any answer of a function that didn't fail is success. With it only the reported
    messages come again; an answer that can't be read and a missing, empty or unknown identifier return all. Source:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    everything = Answered(returned=frozenset(message_ids), is_failure=True)
    if not 200 <= result.status_code < 300:
        return NotInvoked()
    if result.function_error is not None:
        return everything
    reported = reported_identifiers(result.payload) if report_batch_item_failures else []
    if reported is None:
        return everything
    known = [each for each in reported if isinstance(each, str) and each in message_ids]
    if len(known) < len(reported):
        return everything
    return Answered(returned=frozenset(known), is_failure=False)
