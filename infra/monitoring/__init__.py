"""Monitoring: makes the alarms that capabilities offer."""

from __future__ import annotations

from collections.abc import Sequence

from infra.capability import Capability
from infra.kit import Kit
from infra.monitoring.alarms import Alarms


def declare(kit: Kit, capabilities: Sequence[Capability]) -> Capability:
    """Declares every alarm of every capability. Exports their names."""
    alarms = [alarm for capability in capabilities for alarm in capability.alarms]
    made = Alarms("alarms", alarms, topic_arn=kit.alarms.topic_arn, opts=kit.opts)
    return Capability(exports={"alarms": made.names}, operator_rights=made.operator_rights)
