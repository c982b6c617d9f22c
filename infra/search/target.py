"""Describes the collection as its users see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.parts.network import FunctionNetwork
from infra.rights import aoss
from infra.rights.documents import Statement


@dataclass(frozen=True, kw_only=True)
class SearchTarget:
    """A collection: its name, which policies use, its ARN and endpoint, and the network it is reached from, if any."""

    collection: str
    collection_arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    network: FunctionNetwork | None

    @property
    def may_use(self) -> pulumi.Output[Statement]:
        """Allows calls to its API: the IAM half of every access."""
        return self.collection_arn.apply(aoss.use_collection)


@dataclass(frozen=True, kw_only=True)
class Searchable:
    """What readers search: an alias, and every index that it may come to point at."""

    alias: str
    indexes: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The names that a reader's policy needs: an alias is asked for by its name and answered by an index."""
        return [self.alias, *self.indexes]
