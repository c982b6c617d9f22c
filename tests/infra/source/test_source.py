"""The table and its streams in the graph."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.variants import VARIANTS


def test_provisioned_table_and_stream_have_capacities(deploy: Deploy) -> None:
    graph = deploy(VARIANTS["provisioned"])

    table, stream = graph.one(types.TABLE, "source-table").inputs, graph.one(types.STREAM).inputs
    assert (table["billingMode"], table["readCapacity"], table["writeCapacity"]) == ("PROVISIONED", 5, 6)
    assert (stream["streamModeDetails"]["streamMode"], stream["shardCount"]) == ("PROVISIONED", 2)


def test_on_demand_table_and_stream_have_none(deploy: Deploy) -> None:
    graph = deploy()

    table, stream = graph.one(types.TABLE, "source-table").inputs, graph.one(types.STREAM).inputs
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert not {"readCapacity", "writeCapacity"} & set(table)
    assert stream["streamModeDetails"]["streamMode"] == "ON_DEMAND"
    assert "shardCount" not in stream


def test_table_is_encrypted_recoverable_and_undeletable(deploy: Deploy) -> None:
    table = deploy().one(types.TABLE, "source-table").inputs

    assert table["serverSideEncryption"] == {"enabled": True}
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["deletionProtectionEnabled"] is True
    assert (table["hashKey"], table["attributes"]) == ("id", [{"name": "id", "type": "S"}])
