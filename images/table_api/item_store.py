"""The DynamoDB calls, one per operation, each atomic by its own condition.

Retries are the client's (botocore's "standard" mode) and nobody else's; what is left becomes a problem here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_kit.problem import Problem, bad_request, internal
from table_api.item_json import Attributes
from table_api.problem import throttled, unavailable

KEY = "id"
_EXISTS = "attribute_exists(#key)"
_NAMES = {"#key": KEY}
# An update expression takes up to 300 operators and 4 KB (Amazon DynamoDB Developer Guide, "Constraints": expression
# parameters); 250 changes of at most 11 bytes each stay below both.
MAX_PATCHED_ATTRIBUTES = 250
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
}
_TRANSIENT = {"InternalServerError", "ServiceUnavailable", "RequestTimeoutException"}


@dataclass(frozen=True, kw_only=True)
class ItemStore:
    """The table. `client` gives boto3's low-level DynamoDB client and is called at the first use."""

    table_name: str
    client: Callable[[], Any]

    def create(self, attributes: Attributes, *, fresh_id: bool) -> None:
        """Stores a new item; 409 when its id is taken.

        With an id made for this very request (`fresh_id`), "taken" can only mean that a retry met its own first try.
        """
        try:
            self._call("put_item", Item=attributes, ConditionExpression="attribute_not_exists(#key)", names=_NAMES)
        except _ConditionError:
            if not fresh_id:
                raise Problem(
                    409, "already_exists", "An item with this id exists already.", "Use PUT to replace it."
                ) from None

    def read(self, item_id: str) -> Attributes:
        """Reads the item consistently; 404 when there is none."""
        answer = self._call("get_item", Key=_key(item_id), ConsistentRead=True)
        if "Item" not in answer:
            raise _missing()
        return dict(answer["Item"])

    def replace(self, attributes: Attributes) -> bool:
        """Stores the item whether or not it exists; True when it is new."""
        return not self._call("put_item", Item=attributes, ReturnValues="ALL_OLD").get("Attributes")

    def update(self, item_id: str, changes: Attributes, removals: list[str]) -> Attributes:
        """Sets and removes top-level attributes in one call and gives the whole new item; 404 when there is none."""
        if len(changes) + len(removals) > MAX_PATCHED_ATTRIBUTES:
            raise bad_request(
                "too_many_attributes",
                f"A PATCH changes at most {MAX_PATCHED_ATTRIBUTES} attributes.",
                "Use several, or PUT.",
            )
        names = _NAMES | {f"#{i}": name for i, name in enumerate([*changes, *removals])}
        clauses = []
        if changes:
            clauses.append("SET " + ",".join(f"#{i}=:{i}" for i in range(len(changes))))
        if removals:
            clauses.append("REMOVE " + ",".join(f"#{i}" for i in range(len(changes), len(changes) + len(removals))))
        values: dict[str, Any] = {f":{i}": value for i, value in enumerate(changes.values())}
        optional: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            answer = self._call(
                "update_item",
                Key=_key(item_id),
                UpdateExpression=" ".join(clauses),
                ConditionExpression=_EXISTS,
                ReturnValues="ALL_NEW",
                names=names,
                **optional,
            )
        except _ConditionError:
            raise _missing() from None
        return dict(answer["Attributes"])

    def delete(self, item_id: str) -> None:
        """Removes the item; 404 when there is none."""
        try:
            self._call("delete_item", Key=_key(item_id), ConditionExpression=_EXISTS, names=_NAMES)
        except _ConditionError:
            raise _missing() from None

    def page(self, *, limit: int, after: str | None) -> tuple[list[Attributes], bool]:
        """Reads up to `limit` items (fewer when large: a scan stops at 1 MB). Says whether there may be more."""
        start: dict[str, Any] = {"ExclusiveStartKey": _key(after)} if after is not None else {}
        answer = self._call("scan", Limit=limit, **start)
        return list(answer["Items"]), "LastEvaluatedKey" in answer

    def _call(self, operation: str, *, names: Mapping[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
        if names:
            arguments["ExpressionAttributeNames"] = dict(names)
        try:
            return dict(getattr(self.client(), operation)(TableName=self.table_name, **arguments))
        except ClientError as error:
            raise _problem_of(error) from None
        except BotoCoreError as error:
            raise unavailable(
                "table_unavailable", "The table could not be reached.", f"dynamodb:{type(error).__name__}"
            ) from None


class _ConditionError(Exception):
    """The condition of a write did not hold."""


def _key(item_id: str) -> Attributes:
    return {KEY: {"S": item_id}}


def _missing() -> Problem:
    return Problem(404, "not_found", "There is no item with this id.", "List the items with GET /items.")


def _problem_of(error: ClientError) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    text = str(error.response.get("Error", {}).get("Message", ""))
    cause = f"dynamodb:{code}:{error.response.get('ResponseMetadata', {}).get('RequestId', '-')}"
    if code == "ConditionalCheckFailedException":
        return _ConditionError()
    if code in _THROTTLED:
        return throttled(cause)
    if code in _TRANSIENT or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return unavailable("table_unavailable", "The table did not answer.", cause)
    if code == "ResourceNotFoundException":
        return unavailable("table_missing", "The table does not exist (yet).", cause)
    if code == "ValidationException" and "schema" not in text and "Missing the key" not in text:
        return _refused(text, cause)
    return internal(cause)


def _refused(text: str, cause: str) -> Problem:
    """Answers what our checks let through and DynamoDB did not, without its text: that may quote the item."""
    if "size" in text.lower():
        hint = "An item holds at most 400 KB, names included: store less in it."
        return Problem(413, "item_too_large", "The item would be larger than 400 KB.", hint, cause=cause)
    hint = "Check the item against DynamoDB's limits."
    return Problem(400, "refused_by_table", "DynamoDB refuses this item.", hint, cause=cause)
