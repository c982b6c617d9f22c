"""Which shards may be read: parents come before children."""

from local.runners.polling.shard_order import startable_shards
from streams.reader import ShardInfo


def test_children_wait_for_all_parents_and_trimmed_parents_are_not_waited_for() -> None:
    shards = [
        ShardInfo(shard_id="a"),
        ShardInfo(shard_id="b"),
        ShardInfo(shard_id="merged", parent_ids=frozenset({"a", "b"})),
        ShardInfo(shard_id="orphan", parent_ids=frozenset({"trimmed"})),
    ]

    def startable(started: set[str], finished: set[str]) -> list[str]:
        return [shard.shard_id for shard in startable_shards(shards, started=started, finished=finished)]

    assert startable(set(), set()) == ["a", "b", "orphan"]
    assert startable({"a", "b", "orphan"}, {"a"}) == []
    assert startable({"a", "b", "orphan"}, {"a", "b"}) == ["merged"]
