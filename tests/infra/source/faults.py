"""Seeded violations of the rules beside this file."""

from __future__ import annotations

import dataclasses

from tests.infra import resource_types as types
from tests.infra.deployment import Deployment
from tests.infra.source.rules import (
    changes_carry_microseconds,
    changes_that_never_arrive_ring,
    tables_are_encrypted_and_only_statuses_forget,
    tables_streams_have_two_readers_at_most,
)
from tests.infra.spoiling import Fault, with_inputs, with_inputs_of


def _third_reader(graph: Deployment) -> None:
    mapping = next(entry for entry in graph.all(types.MAPPING) if "/stream/" in entry.inputs["eventSourceArn"])
    graph.registrations += [dataclasses.replace(mapping, name=f"reader-{number}") for number in (2, 3)]


FAULTS: list[Fault] = [
    (tables_streams_have_two_readers_at_most, _third_reader),
    (changes_carry_microseconds, with_inputs(types.DESTINATION, approximateCreationDateTimePrecision=None)),
    (changes_carry_microseconds, with_inputs_of(types.TABLE, "source-table", streamViewType="KEYS_ONLY")),
    (
        tables_are_encrypted_and_only_statuses_forget,
        with_inputs_of(types.TABLE, "source-table", ttl={"enabled": True, "attributeName": "t"}),
    ),
    (
        tables_are_encrypted_and_only_statuses_forget,
        with_inputs_of(types.TABLE, "analyses-status", ttl={"enabled": False}),
    ),
    (
        tables_are_encrypted_and_only_statuses_forget,
        with_inputs_of(types.TABLE, "analyses-status", serverSideEncryption={"enabled": False}),
    ),
    (changes_that_never_arrive_ring, with_inputs(types.DESTINATION, tableName="another")),
]
