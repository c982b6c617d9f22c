"""Writes and removes the items of smoke tests, by DynamoDB itself: cleaning up must not depend on what is tested."""

from collections.abc import Iterable, Sequence

from ops.batch_write import write_all
from ops.smoke.scene import PREFIX, Attributes, Scene
from ops.trouble.aws import AWS_TROUBLE, aws_trouble


def write_items(scene: Scene, items: Sequence[Attributes]) -> None:
    """Puts items of this run. Raises Trouble when that is refused."""
    _write(scene, [{"PutRequest": {"Item": item}} for item in items])


def delete_items(scene: Scene, ids: Iterable[str]) -> None:
    """Deletes items by their ids, whether they exist or not. Raises Trouble when that is refused."""
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
    return found


def remove_left_overs(scene: Scene) -> str:
    """Deletes what earlier runs have left: a killed one can't clean up after itself."""
    try:
        found = left_overs(scene)
    except AWS_TROUBLE as error:
        raise aws_trouble(f"table {scene.stack.table_name} can't be read", error) from None
    delete_items(scene, found)
    return f"{len(found)} items of an earlier run that was killed: deleted" if found else "no earlier run has left any"


def _write(scene: Scene, requests: list[dict[str, object]]) -> None:
    try:
        write_all(scene.dynamodb, scene.stack.table_name, requests)
    except AWS_TROUBLE as error:
        raise aws_trouble(f"items of this test can't be written to {scene.stack.table_name}", error) from None
