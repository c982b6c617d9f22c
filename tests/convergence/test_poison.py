"""The poison corpus on a real node: neighbours land, the poison is harmless or parked once, and the shard moves on."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from changefeed.plan.document_id import document_id
from local.services.opensearch_node import OpenSearchNode
from tests.changefeed.consumer_rig import Rig
from tests.changefeed.records import item, stream_record
from tests.convergence.fault_proxy import FaultProxy
from tests.convergence.node_campaign import make_index
from tests.convergence.node_index import NodeIndex
from tests.convergence.poison import corpus
from tests.fakes import Fault

pytestmark = pytest.mark.local
CORPUS = corpus()
NUMBERS = itertools.count(100)


class Consumer:
    """A consumer of one index, with the table that its records come from."""

    def __init__(self, url: str, name: str, proxy: FaultProxy) -> None:
        make_index(url, name)
        self.url = url
        self.name = name
        self.rig = Rig(make_index=lambda clock: NodeIndex(url=url, index=name, proxy=proxy, clock=clock))
        known = item("known", text={"S": "x"}, number={"N": "1"}, poison={"S": "x"})
        assert self.take(stream_record(known, number=next(NUMBERS))) == []

    def take(self, *records: Any) -> list[str]:
        """Hand over a batch whose items are in the table; gives what is reported."""
        for record in records:
            image = record.get("dynamodb", {}).get("NewImage") if isinstance(record, dict) else None
            if isinstance(image, dict) and isinstance(image.get("id", {}).get("S"), str):
                self.rig.table.items[self.rig.table._key({"id": image["id"]})] = image
        self.rig.queue.messages.clear()
        return self.rig.invoke(records)

    def holds(self, record: Any) -> bool:
        return document_id(record["dynamodb"]["Keys"]) in self.rig.index.sources(
            [document_id(record["dynamodb"]["Keys"])]
        )


@pytest.fixture(scope="module")
def proxy(node: OpenSearchNode) -> Any:
    proxy = FaultProxy(node.url)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def consumer(node: OpenSearchNode, proxy: FaultProxy) -> Consumer:
    return Consumer(node.url, "poison", proxy)


def test_the_corpus_has_more_than_forty_kinds() -> None:
    assert len({name for name, _, _ in CORPUS}) == len(CORPUS) >= 40


@pytest.mark.parametrize("neighbours", [0, 2], ids=["alone", "in the middle"])
@pytest.mark.parametrize(("kind", "make", "reason"), CORPUS, ids=[name for name, _, _ in CORPUS])
def test_poison_is_harmless_or_parked_once(
    consumer: Consumer, kind: str, make: Callable[[int], Any], reason: str | None, neighbours: int
) -> None:
    around = [stream_record(item(f"{kind} {place}"), number=next(NUMBERS)) for place in range(neighbours)]
    poison = make(next(NUMBERS))
    if around:
        around[1]["dynamodb"]["SequenceNumber"] = str(next(NUMBERS))
    reported = consumer.take(*around[:1], poison, *around[1:])
    assert reported == [], "the shard moves on"
    assert all(consumer.holds(record) for record in around), "neighbours land"
    assert [message["reason"]["code"] for message in consumer.rig.queue.messages] == ([reason] if reason else [])
    if reason is None:
        assert consumer.holds(poison)


@pytest.mark.parametrize(
    ("status", "error_type"),
    [(403, "security_exception"), (429, "cluster_block_exception"), (503, "unavailable_shards_exception")],
)
@pytest.mark.parametrize("of_items", [False, True], ids=["of the request", "of its items"])
def test_a_failure_of_the_environment_parks_nothing(
    consumer: Consumer, status: int, error_type: str, of_items: bool
) -> None:
    """Closed and missing indexes and all blocks are in changefeed/test_real_node.py: here is what a node can't be."""
    records = [stream_record(item(f"{status} {place}"), number=next(NUMBERS)) for place in range(3)]
    ids = frozenset(f"{status} {place}" for place in range(3)) if of_items else frozenset()
    consumer.rig.index.faults.extend([Fault(status=status, error_type=error_type, ids=ids)] * 50)
    assert consumer.take(*records) == [records[0]["dynamodb"]["SequenceNumber"]]
    assert consumer.rig.queue.messages == []
    consumer.rig.index.faults.clear()
    assert consumer.take(*records) == []
    assert all(consumer.holds(record) for record in records)
