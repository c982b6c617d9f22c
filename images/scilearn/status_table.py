"""The status table: every write is conditional on the version that its decision was made on.

So a claim has one winner, and an invocation that lost its claim can't overwrite what came after it. DynamoDB: reads
are consistent, conditions are evaluated on the item as it is at the write ("Condition expressions").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scilearn.aws_errors import error_code, is_transient
from scilearn.claims import Delivery, Refusal, decide
from scilearn.errors import TransientError
from scilearn.status_record import StatusRecord

MAX_RACES = 8


@dataclass(frozen=True, kw_only=True)
class StatusTable:
    """`client` gives a boto3 DynamoDB client; the table's key is the string `request_id`."""

    table_name: str
    client: Callable[[], Any]

    def read(self, request_id: str) -> StatusRecord | None:
        """Reads what is known of a request now. Raises TransientError."""
        key = {"request_id": {"S": request_id}}
        try:
            answer = self.client().get_item(TableName=self.table_name, Key=key, ConsistentRead=True)
        except Exception as error:
            raise _status_error(error) from None
        return StatusRecord.from_item(answer["Item"]) if answer.get("Item") else None

    def claim(self, delivery: Delivery) -> StatusRecord | Refusal:
        """Claims a request: gives the claim when this delivery is to run, otherwise why not."""
        for _ in range(MAX_RACES):
            found = self.read(delivery.request_id)
            decision = decide(found, delivery)
            if isinstance(decision, Refusal) or self.write(decision, over=found):
                return decision
        raise TransientError("status_contended", "Too many deliveries of one request at the same moment.")

    def write(self, record: StatusRecord, *, over: StatusRecord | None) -> bool:
        """Put a record in the place of the one it was made from (None: of none). False when another came first."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(request_id)"}
        if over is not None:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(over.version)}},
            }
        try:
            self.client().put_item(TableName=self.table_name, Item=record.to_item(), **condition)
        except Exception as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return self._was_ours(record)  # botocore tries again after a lost answer, and then meets its own write
            raise _status_error(error) from None
        return True

    def _was_ours(self, record: StatusRecord) -> bool:
        return self.read(record.request_id) == record


def _status_error(error: Exception) -> TransientError:
    code = error_code(error)
    kind = "status_unavailable" if is_transient(error) else "status_refused"
    return TransientError(kind, f"The status table did not do its part ({code}).")
