"""An engine, the images built once, and the real services that the functions talk to."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.services.aws_client import aws_client
from local.services.container_engine import ContainerEngine, find_engine
from local.services.function_containers import image_folders
from local.services.ministack import REGION, MiniStack
from local.services.opensearch_node import OpenSearchNode
from local.services.ports import LOOPBACK, free_port
from tests.containers.door import LABEL
from tests.search_node import running_node


@dataclass(frozen=True, kw_only=True)
class Services:
    """The embedded AWS and a real OpenSearch node, on this machine's loopback."""

    aws_url: str
    search_url: str

    @property
    def ports(self) -> list[int]:
        """What a function may reach."""
        return [urlsplit(url).port or 0 for url in (self.aws_url, self.search_url)]

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return aws_client(self.aws_url, REGION, service)


@pytest.fixture(scope="session")
def engine() -> ContainerEngine:
    """Raises LocalStackError that says what to do where none answers: these tests don't skip."""
    return find_engine()


@pytest.fixture(scope="session")
def images(engine: ContainerEngine) -> Iterator[dict[str, str]]:
    """Every images/*/Dockerfile, built unchanged: folder to image id. No container of a test is left at the end."""
    yield {folder: engine.build(folder) for folder in image_folders()}
    engine.remove_containers(engine.containers(LABEL))


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as node:
        yield node


@pytest.fixture(scope="session")
def services(node: OpenSearchNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    directory = tmp_path_factory.mktemp("aws")
    ministack = MiniStack(port=free_port(4900, 4990), directory=directory, log_file=directory / "aws.log")
    try:
        ministack.launch()
        ministack.wait()
        yield Services(aws_url=ministack.endpoint_url, search_url=node.url)
    finally:
        ministack.stop()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of the loopback that takes connections and never says a word."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield int(listener.getsockname()[1])
