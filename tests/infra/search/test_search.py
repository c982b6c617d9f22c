"""The collection and its network in the graph."""

from __future__ import annotations

import json

import pytest

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.search.variants import PRIVATE_NETWORK
from tests.infra.variants import VARIANTS

ENDPOINT = "aws:opensearch/serverlessVpcEndpoint:ServerlessVpcEndpoint"


def test_private_network_moves_collection_and_functions_into_the_vpc(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["private network"])

    endpoint = graph.one(ENDPOINT)
    assert endpoint.inputs["vpcId"] == PRIVATE_NETWORK["vpc_id"]
    network = next(e.inputs for e in graph.all(types.SECURITY_POLICY) if e.inputs["type"] == "network")
    assert json.loads(network["policy"])[0]["SourceVPCEs"] == ["search-endpoint-id"]
    for function in graph.all(types.FUNCTION):
        assert function.inputs["vpcConfig"]["subnetIds"] == PRIVATE_NETWORK["subnet_ids"]


def test_an_existing_endpoint_is_used_and_none_is_made(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["private network through an existing endpoint"])

    assert graph.all(ENDPOINT) == []
    network = next(e.inputs for e in graph.all(types.SECURITY_POLICY) if e.inputs["type"] == "network")
    [policy] = json.loads(network["policy"])
    assert (policy["SourceVPCEs"], policy["AllowFromPublic"]) == (["vpce-0123456789abcdef0"], False)
    for function in graph.all(types.FUNCTION):
        assert function.inputs["vpcConfig"]["subnetIds"] == PRIVATE_NETWORK["subnet_ids"]


def test_another_vpc_or_name_replaces_the_endpoint_which_the_provider_would_not(deploy: Deploy) -> None:
    assert deploy(VARIANTS["private network"]).one(ENDPOINT).replace_on_changes == ("name", "vpcId")


@pytest.mark.parametrize("type_", [types.COLLECTION, ENDPOINT])
def test_what_a_setting_replaces_under_its_name_goes_first(deploy: Deploy, type_: str) -> None:
    """Standby replicas of the collection, the VPC of the endpoint."""
    assert deploy(VARIANTS["private network"]).one(type_).delete_before_replace


def test_public_network_has_neither_endpoint_nor_attached_functions(deploy: Deploy) -> None:
    graph = deploy()

    assert graph.all(ENDPOINT) == []
    assert all("vpcConfig" not in function.inputs for function in graph.all(types.FUNCTION))
