"""Runs the index under test: a real node alone on a core, with its JVM's own settings, warmed up before the clock runs.

One shard, no replica, no refresh while loading, mappings as our consumers have them.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from bench.sync.arm import Target
from local.services.opensearch_node import OpenSearchNode
from local.services.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
JVM_OPTIONS = ("-Xms2g", "-Xmx2g", "-XX:+UseSerialGC")
"""All of its compilers: the local stack's node goes without the second, to start sooner. With half the heap, seven
indexes filled at once met the memory circuit breaker, which looks at a heap that this collector lets fill up."""


@contextlib.contextmanager
def pinned_node(directory: Path) -> Iterator[OpenSearchNode]:
    """Runs a node on the first core; this process goes to the second, where there is one."""
    cores = sorted(os.sched_getaffinity(0))
    node = OpenSearchNode(
        port=free_port(9210, 9290), directory=directory / "data", log_file=directory / "node.log",
        say=lambda _: None, jvm_options=JVM_OPTIONS,
    )  # fmt: skip
    try:
        with on_cores(cores[:1]):  # its threads inherit this
            node.start()
        with on_cores(cores[1:2] or cores):
            yield node
    finally:
        node.stop()


@contextlib.contextmanager
def on_cores(cores: list[int]) -> Iterator[None]:
    """Keeps this process, and what it starts meanwhile, on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def fresh_index(target: Target) -> None:
    """Deletes the index and creates it again, empty."""
    address = f"{target.url}/{target.index_name}"
    assert requests.delete(address, timeout=60).status_code in (200, 404)
    definition: dict[str, Any] = json.loads((ROOT / "images/sync_dynamodb_stream/index.json").read_text())
    definition["settings"]["index"] |= {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    answer = requests.put(address, json=definition, timeout=60)
    assert answer.status_code == 200, answer.text
