"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.search.rules import collections_take_own_ids
from tests.infra.spoiling import Fault, with_inputs, with_options

FAULTS: list[Fault] = [
    (collections_take_own_ids, with_inputs(types.COLLECTION, type="TIMESERIES")),
    (collections_take_own_ids, with_options(types.COLLECTION, dependencies=())),
    (collections_take_own_ids, with_inputs(types.ACCESS_POLICY, name="a" * 33)),
]
