"""Decides which shards may be read now: a child waits until its parents are settled, so a key's order survives."""

from collections.abc import Collection, Iterable

from streams.reader import ShardInfo


def startable_shards(
    shards: Iterable[ShardInfo], *, started: Collection[str], finished: Collection[str]
) -> list[ShardInfo]:
    """Returns shards that are not started and whose parents are finished, or no longer listed (trimmed)."""
    listed = list(shards)
    waiting_for = {shard.shard_id for shard in listed} - set(finished)
    return [shard for shard in listed if shard.shard_id not in started and not shard.parent_ids & waiting_for]
