"""The collection, and who reaches which of its indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.capability import Capability
from infra.kit import Kit
from infra.search.collection import SearchCollection
from infra.search.settings import CollectionSettings
from infra.search.target import SearchTarget


@dataclass(frozen=True, kw_only=True)
class Search(Capability):
    """The collection, as its users see it."""

    target: SearchTarget


def declare(kit: Kit, own: CollectionSettings, readable_indexes: Sequence[str]) -> Search:
    """Declares the collection. `readable_indexes` are those that its `reader_arns` may read."""
    collection = SearchCollection("search", kit, own, readable_indexes=readable_indexes, opts=kit.opts)
    return Search(
        target=collection.target,
        exports={"collection_endpoint": collection.endpoint, "dashboards_url": collection.dashboards_url},
        operator_rights=[collection.target.may_use],
    )
