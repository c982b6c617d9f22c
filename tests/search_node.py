"""A real OpenSearch node for the tests that need one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.services.opensearch_node import OpenSearchNode
from local.services.ports import free_port


@contextmanager
def running_node(directory: Path) -> Iterator[OpenSearchNode]:
    """A node on a free port, with its data in the directory; ended with the context."""
    node = OpenSearchNode(
        port=free_port(9210, 9290), directory=directory / "data", log_file=directory / "node.log", say=lambda _: None
    )
    try:
        node.start()
        yield node
    finally:
        node.stop()
