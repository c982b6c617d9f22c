"""Finds out why an index is behind, nearest cause first: the table, the switches, dead letters, the function."""

from collections.abc import Mapping, Sequence
from typing import Any

from local.running import running_parts
from ops.feed import feed_problem
from ops.smoke.letters import count_letters
from ops.smoke.scene import Attributes, Scene
from ops.stack import Consumer, Stack
from ops.trouble.aws import AWS_TROUBLE, aws_trouble
from ops.trouble.trouble import Trouble

_FAILURES = ("failed_invocations", "partial_failures", "not_invoked", "throttles")
LOOKED_AT = 25
"""Items that are looked up in the table again: enough to tell the one cause from the other."""


def why_behind(
    scene: Scene, behind: Sequence[Consumer], waiting: int, expected: Mapping[str, Attributes | None]
) -> Trouble:
    """Names the cause for the first consumer that is behind; all of them stand in what was seen."""
    consumer = behind[0]
    names = " and ".join(each.index for each in behind)
    cause, cure = _cause(scene, consumer, expected)
    changes = "1 change is" if waiting == 1 else f"{waiting} changes are"
    return Trouble(f"{changes} not in {names} after {scene.patience.arrival:g} s", cause=cause, cure=cure)


def _cause(scene: Scene, consumer: Consumer, expected: Mapping[str, Attributes | None]) -> tuple[str, str]:
    if _changed_by_others(scene, expected):
        return (
            "the table doesn't hold any more what was written: something else changes this test's items",
            "Run one smoke test of a stack at a time.",
        )
    try:
        problem = feed_problem(scene.stack, consumer)
    except AWS_TROUBLE as error:
        red = aws_trouble("", error)
        return f"whether the feed of {consumer.name} is on can't be looked up: {red.cause}", red.cure
    if problem is not None:
        return problem.what.rstrip("."), problem.cure or f"Make it again: {scene.remake}"
    new = count_letters(scene.stack).get(consumer.name, 0) - scene.letters_before.get(consumer.name, 0)
    if new > 0:
        return (
            f"{consumer.name} has parked the change, or Lambda has given it up: {new} new dead letters",
            f"They have the reason: {scene.command(f'redrive {consumer.name} --dry-run')}",
        )
    log = f"Its log has the reason: {scene.logs(consumer.name)}"
    if scene.stack.is_local:
        return _local_cause(scene, consumer, log)
    mapping = scene.stack.client("lambda").get_event_source_mapping(UUID=consumer.event_source_mapping)
    result = str(mapping.get("LastProcessingResult", "unknown"))
    if result.startswith("PROBLEM"):
        return f"the function of {consumer.name} fails, and Lambda repeats the batch ({result})", log
    return (
        f"the feed of {consumer.name} is on and its last result is {result!r}: it is slow, or its writes are retried",
        f"{log}. If it only needs longer, give more time: {scene.command('smoke --arrival 180')}",
    )


def local_feeds(stack: Stack) -> dict[str, dict[str, Any]]:
    """Gives what each mapping of a local stack has counted so far; nothing for a stack in AWS."""
    return running_parts().get("mapping", {}) if stack.is_local else {}


def _local_cause(scene: Scene, consumer: Consumer, log: str) -> tuple[str, str]:
    before, now = (feeds.get(consumer.name, {}) for feeds in (scene.feeds_before, local_feeds(scene.stack)))
    grown = {name: now.get(name, 0) - before.get(name, 0) for name in _FAILURES}
    if any(grown.values()):
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in grown.items() if count)
        return f"the function of {consumer.name} fails, and its batch is repeated ({said})", log
    return (
        f"the mapping of {consumer.name} hands nothing to its function: it has stopped, or can't read its stream",
        f"Start the local stack again: {scene.remake}",
    )


def _changed_by_others(scene: Scene, expected: Mapping[str, Attributes | None]) -> bool:
    some = dict(list(expected.items())[:LOOKED_AT])
    table = scene.stack.table_name
    keys = [{"id": {"S": name}} for name in some]
    answer = scene.dynamodb.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    found = {item["id"]["S"]: item for item in answer["Responses"].get(table, [])}
    unread = {key["id"]["S"] for key in answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])}
    return any((found.get(name) is None) != (item is None) for name, item in some.items() if name not in unread)
