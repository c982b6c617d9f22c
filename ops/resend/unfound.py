"""Says what is known of a request that was named and has no message in the queues of failures."""

from ops.errors import OpsError, UsageError
from scilearn.status_record import StatusRecord


def explain_unfound(request_id: str, record: StatusRecord | None) -> str:
    """Gives the sentence for one that has succeeded. Raises UsageError for an unknown id, OpsError for any other."""
    if record is None:
        raise UsageError(
            f"No failed request has the id {request_id}, and the status table doesn't know it: is it written right? "
            "`python -m ops resend --dry-run` lists those that wait."
        )
    if record.state == "succeeded":
        return f"Request {request_id} has succeeded: there is nothing to send again."
    if record.state == "failed":
        raise OpsError(
            f"Request {request_id} has failed, and its message is in no queue any more (they are kept for 14 days): "
            "send the request anew, by POST /analyses."
        )
    raise OpsError(f"Request {request_id} has not failed: it is {record.state}. Look again later.")
