"""Alarms in the graph."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.variants import VARIANTS


def test_alarms_tell_the_topic_of_alarm_and_all_clear(deploy: Deploy) -> None:
    alarms = deploy(VARIANTS["readers and alarms"]).all(types.ALARM)

    topic = ["arn:aws:sns:eu-central-1:123456789012:alarms"]
    assert {(tuple(e.inputs["alarmActions"]), tuple(e.inputs["okActions"])) for e in alarms} == {(*[tuple(topic)] * 2,)}
