"""The benchmark on a real node: honest arms pass, an arm that loses data is disqualified, and a delay is a delay."""

import time
from collections.abc import Iterator, Sequence

import pytest
import requests

from bench.memory import ALLOWED_GROWTH_MB, growth
from bench.sync.arm import Batches, Target
from bench.sync.arms import ARMS, sync_dynamodb_stream
from bench.sync.delay_proxy import delayed
from bench.sync.documents import Change, delete_heavy, orders, zipf
from bench.sync.handlers import Feed
from bench.sync.rounds import run_rounds
from local.services.opensearch_node import OpenSearchNode
from tests.search_node import running_node

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as started:
        yield started


def lossy(changes: Sequence[Change], target: Target, now: float) -> Batches:
    """Forgets the last change, and is a little faster for it."""
    return sync_dynamodb_stream(changes[:-1], target, now)


def test_every_arm_brings_every_document_and_a_lossy_one_is_disqualified(node: OpenSearchNode) -> None:
    changes = orders(60, 1_000)
    arms = {name: (arm, changes) for name, arm in ARMS.items()} | {"lossy": (lossy, changes)}
    found = run_rounds(arms, node.url, rounds=1)
    assert found["lossy"] == {
        "docs_per_second": None, "cpu_us_per_record": None, "of_raw": None, "disqualified": "59 documents of 60",
    }  # fmt: skip
    assert [name for name, arm in found.items() if not arm["docs_per_second"]] == ["lossy"]
    assert found["raw_bulk"]["of_raw"] == 1.0


@pytest.mark.parametrize("mix", [delete_heavy, zipf])
def test_the_handlers_end_with_the_same_content_on_mixes(node: OpenSearchNode, mix: object) -> None:
    assert callable(mix)
    changes = mix(2_500)
    names = ("raw_bulk", "sync_dynamodb_stream", "sync_kinesis_stream")
    found = run_rounds({name: (ARMS[name], changes) for name in names}, node.url, rounds=1)
    assert all(arm["docs_per_second"] for arm in found.values()), found


def test_a_delay_is_paid_by_each_request_and_not_by_each_byte(node: OpenSearchNode) -> None:
    with delayed(node.url, 0.05, 0) as url, requests.Session() as session:
        session.get(url, timeout=10)
        for body in ("{}", '{"query":{"match_all":{}}' + " " * 3_000_000 + "}"):
            started = time.perf_counter()
            session.post(f"{url}/_search", data=body, headers={"Content-Type": "application/json"}, timeout=10)
            assert 0.05 <= time.perf_counter() - started < 0.35


def test_a_handlers_memory_does_not_grow() -> None:
    for feed in Feed:
        assert growth(feed, 120, warm_up=40, records=200)["growth"] <= ALLOWED_GROWTH_MB
