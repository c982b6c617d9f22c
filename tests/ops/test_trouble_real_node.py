"""A real node answers as `ops.trouble.search` takes it, and the probe and verify tell it with index, cause and cure."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import requests
from opensearchpy.exceptions import TransportError

from changefeed.write.bulk_transport import BulkTransport
from lambda_kit.search_client import create_search_client
from local.services.opensearch_node import OpenSearchNode
from ops.probe.checks import Finding
from ops.probe.probe import probe
from ops.trouble.search import Where, search_trouble
from ops.verify.index_walk import Index
from tests.search_node import running_node

pytestmark = pytest.mark.local
REGION = "eu-west-1"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


def make(node: OpenSearchNode, name: str) -> None:
    requests.put(f"{node.url}/{name}", json={}, timeout=20).raise_for_status()


def probed(node: OpenSearchNode, name: str) -> list[Finding]:
    def open_index(index: str) -> BulkTransport:
        return BulkTransport(endpoint=node.url, index=index, region=REGION)

    client = create_search_client(node.url, REGION)
    return list(probe(client, open_index, [Where(index=name, endpoint=node.url)], wait_seconds=0))


def test_a_closed_index_is_told_with_index_cause_and_cure(node: OpenSearchNode, tmp_path: Path) -> None:
    make(node, "shut")
    requests.post(f"{node.url}/shut/_close", timeout=20).raise_for_status()

    with pytest.raises(TransportError) as caught:
        Index(create_search_client(node.url, REGION), "shut")
    trouble = search_trouble(caught.value)
    assert trouble.seen == "index shut answered 400 index_closed_exception"
    assert "is closed" in trouble.cause
    assert "POST shut/_open" in trouble.cure
    (finding,) = probed(node, "shut")
    assert not finding.ok
    assert "is closed" in finding.advice
    assert f"POST shut/_open at the collection at {node.url}" in finding.advice


def test_an_index_that_is_gone_is_told(node: OpenSearchNode) -> None:
    (finding,) = probed(node, "nowhere")
    assert finding.detail == "there is no index nowhere"
    assert "pulumi up" in finding.advice


@pytest.mark.parametrize("block", ["read", "read_only", "write"])
def test_an_index_that_is_blocked_by_a_setting_is_told_and_the_cure_cures(node: OpenSearchNode, block: str) -> None:
    name = f"blocked-{block.replace('_', '-')}"
    make(node, name)
    settings = f"{node.url}/{name}/_settings"
    requests.put(settings, json={f"index.blocks.{block}": True}, timeout=20).raise_for_status()

    client = create_search_client(node.url, REGION)
    ask = partial(client.count, index=name) if block == "read" else partial(client.index, index=name, body={})
    with pytest.raises(TransportError) as caught:
        ask()
    trouble = search_trouble(caught.value, Where(index=name))
    assert "blocked" in trouble.cause
    body = trouble.cure[trouble.cure.index("{") :].replace("read_only", block)
    headers = {"Content-Type": "application/json"}
    requests.put(settings, data=body, headers=headers, timeout=20).raise_for_status()
    ask()
