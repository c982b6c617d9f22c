"""Tells a table and an index from their successors of the same name: what is kept on disk is of one of them alone.

A table has a `TableId` and an index a UUID, which it gets when it is made (`GET INDEX/_settings`). A target that tells
none leaves the name alone to go by.
"""

from typing import Any

from opensearchpy.exceptions import TransportError


def table_id(client: Any, name: str) -> str | None:
    """Asks DynamoDB for the table's id, by a boto3 client."""
    identifier = client.describe_table(TableName=name)["Table"].get("TableId")
    return None if identifier is None else str(identifier)


def index_uuid(client: Any, name: str) -> str | None:
    """Asks OpenSearch for the index's UUID, by an opensearch-py client. None where it is refused or not told."""
    try:
        answer = client.indices.get_settings(index=name, params={"flat_settings": "true"})
    except TransportError:
        return None
    uuids = [index["settings"].get("index.uuid") for index in answer.values()]
    return None if uuids in ([], [None]) else str(uuids[0])
