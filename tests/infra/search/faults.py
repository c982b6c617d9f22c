"""Seeded violations of the rules beside this file."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.search.rules import collection_policies_say_what_the_service_knows, collections_take_own_ids
from tests.infra.spoiling import Fault, Spoil, with_inputs, with_options


def _data_access(kind: str, resource: str, *permissions: str) -> Spoil:
    rule = {"ResourceType": kind, "Resource": [resource], "Permission": permissions}
    return with_inputs(types.ACCESS_POLICY, policy=json.dumps([{"Rules": [rule], "Principal": []}]))


FAULTS: list[Fault] = [
    (collections_take_own_ids, with_inputs(types.COLLECTION, type="TIMESERIES")),
    (collections_take_own_ids, with_options(types.COLLECTION, dependencies=())),
    (collections_take_own_ids, with_inputs(types.ACCESS_POLICY, name="a" * 33)),
    *(
        (collection_policies_say_what_the_service_knows, spoil)
        for spoil in (
            _data_access("index", "index/search/table", "aoss:ReadDocuments"),
            _data_access("index", "index/search/table", "aoss:UpdateCollectionItems"),
            _data_access("collection", "collection/search", "aoss:ReadDocument"),
            _data_access("index", "collection/search", "aoss:ReadDocument"),
            _data_access("index", "index/search", "aoss:ReadDocument"),
            _data_access("indexes", "index/search/table", "aoss:ReadDocument"),
            _data_access("index", "index/search/table"),
            with_inputs(
                types.SECURITY_POLICY,
                policy='{"Rules": [{"ResourceType": "collection", "Resource": ["search"]}], "AWSOwnedKey": true}',
            ),
        )
    ),
]
