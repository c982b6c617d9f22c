"""One node for all real-node tests of the campaign."""

from collections.abc import Iterator

import pytest

from local.services.opensearch_node import OpenSearchNode
from tests.search_node import running_node


@pytest.fixture(scope="package")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchNode]:
    with running_node(tmp_path_factory.mktemp("opensearch")) as started:
        yield started
