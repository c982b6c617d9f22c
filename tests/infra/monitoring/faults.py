"""Seeded violations of the rules beside this file."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.monitoring.rules import alarms_know_silence
from tests.infra.spoiling import Fault, with_inputs

FAULTS: list[Fault] = [
    (alarms_know_silence, with_inputs(types.ALARM, treatMissingData=None)),
]
