"""Describes an alarm as data: capabilities offer alarms, the monitoring room makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import Field

from infra.base.metrics import Metric, MetricsQuery
from infra.base.section import Section
from infra.base.values import Arn


class AlarmSettings(Section):
    """Thresholds shared by all alarms of the stack, and the topic that they notify.

    Without a topic the alarms exist and notify nobody. `evaluation_minutes` are bad minutes in a row.
    """

    topic_arn: Arn | None = Field(default=None, examples=["arn:aws:sns:eu-central-1:123456789012:alarms"])
    iterator_age_seconds: int = Field(default=300, ge=1, le=604_800)
    evaluation_minutes: int = Field(default=5, ge=1, le=60)

    @property
    def iterator_age_milliseconds(self) -> int:
        """The age in the unit of Lambda's and DynamoDB's metrics."""
        return self.iterator_age_seconds * 1000


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm. A period is bad when the watched metric is above the threshold; `owner` is who offers it."""

    suffix: str
    description: str
    watched: Metric | MetricsQuery
    threshold: float = 0
    bad_periods: int = 1
    period_seconds: int = 60
    owner: str = ""


def owned_by(owner: str, alarms: Iterable[Alarm]) -> list[Alarm]:
    """Gives the alarms the logical name of the component that they watch."""
    return [replace(alarm, owner=owner) for alarm in alarms]
