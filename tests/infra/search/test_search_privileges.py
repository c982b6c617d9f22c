"""Who reaches the collection."""

from __future__ import annotations

from infra.rights import aoss
from tests.infra.conftest import Deploy
from tests.infra.privileges import data_access
from tests.infra.variants import VARIANTS


def test_human_readers_may_read_both_indexes_and_write_none(deploy: Deploy) -> None:
    [(resources, permissions, principals)] = data_access(deploy(VARIANTS["readers and alarms"]), "readers-access")

    assert len(resources) == 2
    assert permissions == ["aoss:DescribeIndex", "aoss:ReadDocument"]
    assert principals == ["arn:aws:iam::123456789012:role/analyst"]


def test_private_collection_is_reached_through_its_endpoint_only() -> None:
    [rule] = aoss.network("search", endpoint_id="vpce-1")

    assert (rule["AllowFromPublic"], rule["SourceVPCEs"]) == (False, ["vpce-1"])


def test_encryption_uses_awss_key_for_the_one_collection() -> None:
    assert aoss.encryption("search") == {
        "Rules": [{"ResourceType": "collection", "Resource": ["collection/search"]}],
        "AWSOwnedKey": True,
    }
