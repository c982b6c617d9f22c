"""The answer to `GET /analyses/{id}`, from the status table and the time that is in the id.

States: `queued` (accepted, nobody began), `running` (also between two tries), `succeeded`, `failed`. A record that is
still running when its lease and Lambda's retries are over is `failed` with the reason `stopped`: the function died
without a word, by memory or time. Results are given by presigned links, which also end with the function's own
credentials (S3, "Sharing objects with presigned URLs"), and small ones inline.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_kit.problem import Problem, bad_request
from scilearn.request_id import accepted_at_milliseconds, is_request_id
from scilearn.status_problem import not_found
from scilearn.status_record import StatusRecord

RETRY_SECONDS = {"running": 600, "waiting": 6 * 3600}
"""How long after a lease's end another try may still come. A function that died is tried again after one minute, then
two. One that gave up for now may also wait for concurrency, at most as long as Lambda keeps an event: six hours.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
CLOCK_TOLERANCE_SECONDS = 300
STOPPED = {
    "code": "stopped",
    "message": "The function ended without a word, most likely for want of memory or time: lower `max_rows`, use fewer "
    "columns, or raise its memory and time limit.",
}


@dataclass(frozen=True, kw_only=True)
class StatusAnswer:
    """`read` gives a record or None, `link` a presigned URL of a bucket and key."""

    read: Callable[[str], StatusRecord | None]
    link: Callable[[str, str], str]
    queue_retention_seconds: int
    link_seconds: int
    now: Callable[[], float]

    def of(self, request_id: Any) -> dict[str, Any]:
        """Gives the JSON of a request's status. Raises Problem (400, 404)."""
        if not is_request_id(request_id):
            raise bad_request("invalid_id", "This is no id of an analysis.", "Use the id that POST /analyses gave.")
        record = self.read(request_id)
        accepted = accepted_at_milliseconds(request_id)
        body: dict[str, Any] = {"request_id": request_id, "accepted_at": _time(accepted)}
        if record is None:
            age = self.now() - accepted / 1000
            if not -CLOCK_TOLERANCE_SECONDS <= age <= self.queue_retention_seconds:
                raise not_found()
            return body | {"state": "queued"}
        if record.expires_at <= self.now():  # DynamoDB's TTL removes items within days, not at once
            raise not_found()
        body["started_at"] = _time(record.started_at_milliseconds)
        if record.state in RETRY_SECONDS:
            if record.lease_until + RETRY_SECONDS[record.state] < self.now():
                return body | {"state": "failed", "reason": STOPPED}
            return body | {"state": "running", "tries": record.tries}
        body |= {
            "state": record.state,
            "settled_at": _time(record.settled_at_milliseconds or 0),
            "expires_at": _time(record.expires_at * 1000),
            "usage": record.usage,
        }
        if record.state == "failed":
            return body | {"reason": record.reason}
        return body | {"analysis": record.analysis} | self._results(record)

    def _results(self, record: StatusRecord) -> dict[str, Any]:
        stored = record.result or {}
        links = {key.rpartition("/")[2]: self.link(stored["bucket"], key) for key in stored.get("keys", ())}
        ends = self.now() + self.link_seconds
        body: dict[str, Any] = {"links": links, "links_end_at": _time(int(ends * 1000))}
        return body | ({"result": stored["inline"]} if "inline" in stored else {})


def answered(answer: StatusAnswer, event: Any) -> tuple[int, dict[str, Any]]:
    """Status and body for a proxy event. Raises Problem."""
    if not isinstance(event, dict) or event.get("httpMethod") != "GET":
        one = isinstance(event, dict) and isinstance(event.get("pathParameters"), dict)
        hint = "Use GET." if one else "Use POST to ask for an analysis, GET /analyses/{id} for its status."
        raise Problem(405, "method_not_allowed", "This path has no such method.", hint)
    parameters = event.get("pathParameters")
    return 200, answer.of(parameters.get("id") if isinstance(parameters, dict) else None)


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat(timespec="milliseconds")
