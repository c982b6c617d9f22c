"""A consumer's process killed between a bulk request and its answer, in the short form, and that it would notice."""

import pytest

from local.services.opensearch_node import OpenSearchNode
from tests.convergence.killed_consumers import ENDS, KilledConsumers

pytestmark = pytest.mark.local


def test_an_index_converges_though_its_consumers_are_killed_before_their_answers(node: OpenSearchNode) -> None:
    campaign = KilledConsumers(url=node.url)
    result = campaign.run(seed=1, rounds=12)
    assert result.failure is None, result.failure
    assert campaign.killed.keys() == ENDS.keys(), "the seed kills in each of these places"


def test_a_batch_that_is_not_handed_over_again_is_found_out(node: OpenSearchNode) -> None:
    result = KilledConsumers(url=node.url, redelivers=False).run(seed=1, rounds=12)
    assert (result.failure or "").startswith("AssertionError"), "survived"
