"""Lambda's entry for second deletes: each message of the queue is one bulk request, and done or handed over again.

The queue is the retry layer: what the index doesn't answer for comes again after the queue's visibility time-out, and
is put aside as a dead letter in the end.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from changefeed.batch_response import PartialBatchResponse
from changefeed.errors import BulkRequestError
from changefeed.second_delete.again import KIND, Delete
from changefeed.write.bulk_answer import ItemVerdict, Verdict, read_bulk_answer
from changefeed.write.bulk_body import delete_line
from changefeed.write.bulk_post import SendBulk
from changefeed.write.bulk_transport import BulkTransport
from lambda_kit.environment import Variables
from lambda_kit.telemetry import log

TIMEOUT_SECONDS = 20.0


class _Message(TypedDict):
    index: str
    deletes: list[Delete]


@dataclass(frozen=True, kw_only=True)
class SecondDeleteEnvironment:
    """The settings of the function; `indexes` are those that it may write to."""

    endpoint: str
    region: str
    indexes: tuple[str, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "SecondDeleteEnvironment":
        """Reads the variables; `INDEXES` is a JSON list. Raises SettingsError that lists every wrong one."""
        variables = Variables(environ)
        endpoint, region = variables.endpoint("OPENSEARCH_ENDPOINT"), variables.text("AWS_REGION")
        try:
            indexes = json.loads(variables.text("INDEXES") or "[]")
        except ValueError:
            indexes = None
        if not isinstance(indexes, list) or not all(isinstance(index, str) for index in indexes):
            variables.problems.append("INDEXES is not a JSON list of index names")
            indexes = []
        variables.raise_problems()
        return cls(endpoint=endpoint, region=region, indexes=tuple(indexes))


@dataclass(frozen=True, kw_only=True)
class SecondDelete:
    """Takes SQS's event; `send` has a bulk sender for each index."""

    send: Mapping[str, SendBulk]

    def __call__(self, event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
        """Sends the deletes of each message. Reports the messages that have to come again."""
        failed = [record["messageId"] for record in event["Records"] if not self._settle(record["body"])]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    def _settle(self, body: str) -> bool:
        message = _message(body)
        if message is None or message["index"] not in self.send:
            log("second deletes refused", level="ERROR", reason="unknown_index" if message else "unknown_message")
            return False
        deletes = message["deletes"]
        verdicts = _sent(self.send[message["index"]], deletes)
        done = sum(verdict.verdict is Verdict.DONE for verdict in verdicts)
        newer = sum(verdict.verdict is Verdict.CONFLICT for verdict in verdicts)
        reasons = sorted({verdict.error_type or "" for verdict in verdicts if _must_come_again(verdict)})
        log("second deletes sent", index=message["index"], deletes=len(deletes), done=done, newer=newer, retry=reasons)
        return not reasons


def _sent(send: SendBulk, deletes: list[Delete]) -> list[ItemVerdict]:
    lines = [delete_line(json.dumps(identifier).encode(), version) for identifier, version in deletes]
    try:
        status, answer = send(b"".join(lines), TIMEOUT_SECONDS)
        return read_bulk_answer(status, answer, expected_items=len(lines))
    except BulkRequestError as error:
        return [ItemVerdict(Verdict.RETRYABLE, type(error).__name__)]


def _must_come_again(verdict: ItemVerdict) -> bool:
    """True unless the document is gone, or a newer one is there."""
    return verdict.verdict not in (Verdict.DONE, Verdict.CONFLICT)


def _message(body: str) -> _Message | None:
    """Reads a message; None for one that no consumer wrote."""
    try:
        message = json.loads(body)
        known = message["kind"] == KIND and isinstance(message["index"], str) and bool(message["deletes"])
        known = known and all(isinstance(one, str) and isinstance(version, int) for one, version in message["deletes"])
    except (ValueError, KeyError, TypeError):
        return None
    return _Message(index=message["index"], deletes=message["deletes"]) if known else None


def second_delete_function(
    environment: SecondDeleteEnvironment,
) -> Callable[[Mapping[str, Any], object], PartialBatchResponse]:
    """Makes Lambda's entry."""

    def sender(index: str) -> SendBulk:
        return BulkTransport(endpoint=environment.endpoint, index=index, region=environment.region)

    return SecondDelete(send={index: sender(index) for index in environment.indexes})
