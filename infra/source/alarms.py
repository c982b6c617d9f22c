"""ReplicationAlarms: when DynamoDB does not get the table's changes into Kinesis, where no consumer can notice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pulumi

from infra.base.alarm import Alarm, AlarmLimits, MetricsQuery, declare_alarms

# DynamoDB sends these metrics every five minutes:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
_PERIOD_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class ReplicationAlarmsArgs:
    """The table that replicates, and the stack's limits."""

    table_name: pulumi.Input[str]
    limits: AlarmLimits


class ReplicationAlarms(pulumi.ComponentResource):
    """Records that DynamoDB skipped, and records that it still holds back.

    Both metrics have the dimensions TableName and DelegatedOperation. AWS documents no value of the second, so a query
    leaves it open. What each counts, and why a skipped record is gone for good:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html
    """

    def __init__(self, name: str, args: ReplicationAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("driftless:index:ReplicationAlarms", name, {}, opts)
        alarms = [
            Alarm(
                suffix="not-replicated",
                description="DynamoDB skipped changes that are too large for Kinesis: verify and repair the index.",
                watched=_query("SUM(FailedToReplicateRecordCount)", args.table_name),
                threshold=0,
                bad_periods=1,
                period_seconds=_PERIOD_SECONDS,
            ),
            Alarm(
                suffix="replication-age",
                description="DynamoDB can't write the table's changes to Kinesis fast enough, or at all.",
                watched=_query("MAX(AgeOfOldestUnreplicatedRecord)", args.table_name),
                threshold=args.limits.iterator_age_seconds * 1000,
                bad_periods=math.ceil(args.limits.evaluation_minutes * 60 / _PERIOD_SECONDS),
                period_seconds=_PERIOD_SECONDS,
            ),
        ]
        declare_alarms(name, alarms, args.limits, parent=self)
        self.register_outputs({})


def _query(selected: str, table_name: pulumi.Input[str]) -> MetricsQuery:
    beginning = f'SELECT {selected} FROM SCHEMA("AWS/DynamoDB", DelegatedOperation, TableName)'  # noqa: S608 - no database
    return MetricsQuery(sql=pulumi.Output.concat(beginning, " WHERE TableName = '", table_name, "'"))
