"""Tells a table and an index from their successors of the same name: what is kept on disk is of one of them alone.

A table has a `TableId` and an index a UUID, which it gets when it is made (`GET INDEX/_settings`). A target that tells
none leaves the name alone to go by.
"""

from typing import Any

from botocore.exceptions import ClientError
from opensearchpy.exceptions import ConnectionError, TransportError

from ops.stack import Consumer, Stack
from ops.trouble.search import GONE
from ops.trouble.trouble import Trouble

NOT_TOLD = (400, 401, 403, 404, 405)
"""Answers of a target that doesn't tell its settings, or not to us."""


def table_id(client: Any, name: str) -> str | None:
    """Asks DynamoDB for the table's id, by a boto3 client."""
    identifier = client.describe_table(TableName=name)["Table"].get("TableId")
    return None if identifier is None else str(identifier)


def index_uuid(client: Any, name: str) -> str | None:
    """Asks OpenSearch for the index's UUID, by an opensearch-py client. None where it is refused or not told.

    Raises what opensearch-py raises when there is no such index, or no answer.
    """
    try:
        answer = client.indices.get_settings(index=name, params={"flat_settings": "true"})
    except TransportError as error:
        if error.args[0] not in NOT_TOLD or GONE in str(error.args[1]):
            raise
        return None
    uuids = [index["settings"].get("index.uuid") for index in answer.values()]
    return None if uuids in ([], [None]) else str(uuids[0])


def index_uuid_if_reachable(client: Any, name: str) -> str | None:
    """Asks as `index_uuid` does. None also from outside the VPC of a private collection, where nothing answers."""
    try:
        return index_uuid(client, name)
    except ConnectionError:
        return None


def check_same(what: str, name: str, before: str | None, now: str | None) -> None:
    """Raises Trouble when a table or an index isn't the one that it was when the run began; None is unknown."""
    if before == now or before is None or now is None:
        return
    raise Trouble(
        f"the {what} {name} was made anew while this ran",
        cause=f"somebody has deleted the {what} and made another of that name: what was done is of neither as a whole",
        cure="Run it again, from its beginning.",
    )


def check_table(table_arn: str, stream_arn: str) -> None:
    """Raises Trouble when the table that answers isn't the one whose stream the stack's outputs name."""
    wanted = stream_arn.partition("/stream/")[0]
    if table_arn == wanted:
        return
    raise Trouble(
        f"the table that answers is {table_arn}, and the stack's is {wanted}",
        cause="these credentials are of another account, or the outputs are of another stack",
        cure="Choose the stack's account (AWS_PROFILE), check `aws sts get-caller-identity`, then run this again.",
    )


def check_targets(stack: Stack, consumer: Consumer) -> None:
    """Raises before anything is written to an index that isn't there, or by the items of another table.

    Who may not describe the table passes: a redrive needs no such right.
    """
    index_uuid(stack.search(), consumer.index)
    try:
        table = stack.client("dynamodb").describe_table(TableName=stack.table_name)["Table"]
    except ClientError as error:
        if "AccessDenied" in error.response["Error"]["Code"]:
            return
        raise
    check_table(str(table["TableArn"]), str(stack.outputs["table_stream_arn"]))
