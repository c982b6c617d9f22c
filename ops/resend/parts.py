"""Binds a resending to a stack: its queues, and the service's reader of the status table."""

from collections.abc import Callable
from functools import partial

from ops.dead_letter_queue import DeadLetterQueue
from ops.errors import OpsError, UsageError
from ops.resend.failed_request import FailurePlace
from ops.resend.mending import Mending
from ops.resend.report import ResendReport
from ops.resend.run import Resend, ResendChoice
from ops.stack import Stack
from scilearn.status_table import StatusTable

_OUTPUTS = ("analysis_queue_url", "analysis_dead_letter_queue_url", "analysis_failure_destination", "analysis_table")


def resend_of(
    stack: Stack,
    choice: ResendChoice,
    mending: Mending | None = None,
    progress: Callable[[ResendReport], None] = lambda _: None,
) -> Resend:
    """Makes a resending, ready to be called.

    Raises UsageError for a stack without analyses, OpsError for one whose failures don't wait in a queue.
    """
    missing = [output for output in _OUTPUTS if not stack.outputs.get(output)]
    if missing:
        raise UsageError(f"Stack {stack.name} has no analyses: it lacks the outputs {', '.join(missing)}.")
    sqs, dynamodb = stack.client("sqs"), stack.client("dynamodb")
    requests_url = str(stack.outputs["analysis_queue_url"])
    failures_url = _failures_url(requests_url, str(stack.outputs["analysis_failure_destination"]))
    urls = {
        FailurePlace.DESTINATION: failures_url,
        FailurePlace.NOT_HANDED_OVER: str(stack.outputs["analysis_dead_letter_queue_url"]),
    }
    table = StatusTable(table_name=str(stack.outputs["analysis_table"]), client=lambda: dynamodb)
    return Resend(
        queues={place: DeadLetterQueue(client=sqs, url=url) for place, url in urls.items()},
        read=table.read,
        send=partial(_send, sqs, requests_url),
        choice=choice,
        mending=mending or Mending(),
        report=ResendReport(dry_run=choice.dry_run),
        progress=progress,
    )


def _send(sqs: object, url: str, body: str) -> object:
    return sqs.send_message(QueueUrl=url, MessageBody=body)  # type: ignore[attr-defined]  # boto3's clients have no types


def _failures_url(requests_url: str, destination: str) -> str:
    """Makes the URL of the failures' queue: it ends with account and name, and the ARN has both."""
    parts = destination.split(":")
    if parts[2:3] != ["sqs"]:
        raise OpsError(
            f"Failed analyses go to {destination}, which keeps none of them: there is nothing to send again. See where "
            "it sends them; or set analyses.on_failure to sqs, or to a queue's ARN, and run pulumi up."
        )
    return f"{requests_url.rsplit('/', 2)[0]}/{parts[4]}/{parts[5]}"
