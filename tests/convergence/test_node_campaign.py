"""The campaign on a real node behind the fault proxy, in its short form, and that it would notice."""

import pytest

from local.services.opensearch_node import OpenSearchNode
from tests.convergence.breaks import item_verdicts_ignored
from tests.convergence.node_campaign import NodeCampaign

pytestmark = pytest.mark.local


def test_histories_converge_on_a_real_node_behind_faults(node: OpenSearchNode) -> None:
    campaign = NodeCampaign(node=node)
    result = campaign.run(first_seed=1, count=12)
    assert result.failure is None, f"seed 1, {result.failure}: {result.history}"
    assert result.histories >= 12
    assert campaign.faults_met >= 20


def test_histories_converge_though_the_node_is_killed_in_their_middle(node: OpenSearchNode) -> None:
    campaign = NodeCampaign(node=node, restart_every=2)
    result = campaign.run(first_seed=2, count=2)
    assert result.failure is None, f"seed 2, {result.failure}: {result.history}"
    assert (result.histories, campaign.restarts) == (2, 1)


def test_a_broken_sync_is_found_out_on_a_real_node_too(node: OpenSearchNode) -> None:
    """`make torture` does the same with rarer breaks."""
    result = NodeCampaign(node=node, make_rig=item_verdicts_ignored).run(first_seed=1, count=50)
    assert (result.failure or "").startswith("AssertionError"), f"survived {result.histories}: {result.failure}"
