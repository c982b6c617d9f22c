"""Writes and removes the items of smoke tests, by DynamoDB itself: cleaning up must not depend on what is tested."""

from collections.abc import Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from ops.batch_write import write_all
from ops.smoke.check import ATTACH, Red
from ops.smoke.scene import PREFIX, Attributes, Scene

_CURE = f"{ATTACH}. A table that is gone: `pulumi up --refresh`, and a backup."


def write_items(scene: Scene, items: Sequence[Attributes]) -> None:
    """Puts items of this run. Raises Red when that is refused."""
    _write(scene, [{"PutRequest": {"Item": item}} for item in items])


def delete_items(scene: Scene, ids: Iterable[str]) -> None:
    """Deletes items by their ids, whether they exist or not. Raises Red when that is refused."""
    _write(scene, [{"DeleteRequest": {"Key": {"id": {"S": name}}}} for name in ids])


def left_overs(scene: Scene) -> list[str]:
    """Finds the items that earlier runs have left: reads the whole table, the ids alone."""
    found: list[str] = []
    pages = scene.dynamodb.get_paginator("scan").paginate(
        TableName=scene.stack.table_name,
        ConsistentRead=True,
        ProjectionExpression="id",
        FilterExpression="begins_with(id, :prefix)",
        ExpressionAttributeValues={":prefix": {"S": PREFIX}},
    )
    read = 0
    for page in pages:
        read += page["ScannedCount"]
        scene.say(f"{read:,} items looked at")
        found += [item["id"]["S"] for item in page["Items"]]
    return [name for name in found if name not in scene.written]


def remove_left_overs(scene: Scene) -> str:
    """Deletes what earlier runs have left: a killed one can't clean up after itself."""
    try:
        found = left_overs(scene)
    except (BotoCoreError, ClientError) as error:
        raise Red(
            f"table {scene.stack.table_name} can't be read ({_name(error)})",
            cause="the table is gone, or these credentials may not read it (dynamodb:Scan)",
            cure=_CURE,
        ) from None
    delete_items(scene, found)
    return f"{len(found)} items of an earlier run that was killed: deleted" if found else "no earlier run has left any"


def _write(scene: Scene, requests: list[dict[str, object]]) -> None:
    try:
        write_all(scene.dynamodb, scene.stack.table_name, requests)
    except (BotoCoreError, ClientError) as error:
        raise Red(
            f"items of this test can't be written to {scene.stack.table_name} by DynamoDB ({_name(error)})",
            cause="the table is gone, or these credentials may not write there (dynamodb:BatchWriteItem)",
            cure=_CURE,
        ) from None


def _name(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
