"""The campaign on a real node behind the fault proxy, in its short form, and that it would notice."""

import pytest

from local.opensearch_node import OpenSearchNode
from tests.changefeed.seeded_breaks import late_request_with_external_gte, no_reading_of_old_records
from tests.convergence.node_campaign import NodeCampaign
from tests.convergence.world import MakeRig

pytestmark = pytest.mark.local


def test_histories_converge_on_a_real_node_behind_faults(node: OpenSearchNode) -> None:
    campaign = NodeCampaign(node=node)
    result = campaign.run(first_seed=1, count=12)
    assert result.failure is None, f"seed 1, {result.failure}: {result.history}"
    assert result.histories >= 12
    assert campaign.faults_met >= 20


@pytest.mark.parametrize(
    "broken",
    [no_reading_of_old_records, late_request_with_external_gte],
    ids=lambda broken: str(broken.__name__),
)
def test_a_broken_sync_is_found_out_on_a_real_node_too(node: OpenSearchNode, broken: MakeRig) -> None:
    result = NodeCampaign(node=node, make_rig=broken).run(first_seed=1, count=150)
    assert (result.failure or "").startswith("AssertionError"), f"survived {result.histories}: {result.failure}"
