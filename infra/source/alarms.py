"""Watches the replication of the table's changes to Kinesis, where no consumer can notice a missing one.

Both metrics have the dimensions TableName and DelegatedOperation. AWS documents no value of the second, so a query
leaves it open. What each counts, and why a skipped record is gone for good:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html
"""

from __future__ import annotations

import math

import pulumi

from infra.base.alarm import Alarm, AlarmSettings
from infra.base.metrics import MetricsQuery

# DynamoDB sends these metrics every five minutes:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
_PERIOD_SECONDS = 300


def replication_alarms(table_name: pulumi.Input[str], limits: AlarmSettings) -> list[Alarm]:
    """Watches records that DynamoDB skipped, and records that it still holds back."""
    return [
        Alarm(
            suffix="not-replicated",
            description="DynamoDB skipped changes that are too large for Kinesis: verify and repair the index.",
            watched=_query("SUM(FailedToReplicateRecordCount)", table_name),
            period_seconds=_PERIOD_SECONDS,
        ),
        Alarm(
            suffix="replication-age",
            description="DynamoDB can't write the table's changes to Kinesis fast enough, or at all.",
            watched=_query("MAX(AgeOfOldestUnreplicatedRecord)", table_name),
            threshold=limits.iterator_age_milliseconds,
            bad_periods=math.ceil(limits.evaluation_minutes * 60 / _PERIOD_SECONDS),
            period_seconds=_PERIOD_SECONDS,
        ),
    ]


def _query(selected: str, table_name: pulumi.Input[str]) -> MetricsQuery:
    beginning = f'SELECT {selected} FROM SCHEMA("AWS/DynamoDB", DelegatedOperation, TableName)'  # noqa: S608 - no database
    return MetricsQuery(sql=pulumi.Output.concat(beginning, " WHERE TableName = '", table_name, "'"))
