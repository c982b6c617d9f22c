"""Describes the two change feeds as data, so that a consumer needs no `if`."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.rights import dynamodb, kinesis
from infra.rights.documents import Statement


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A stream that Lambda polls. `may_read` follows it; `may_reread` lets an operator read a range again."""

    arn: pulumi.Output[str]
    may_read: pulumi.Output[Statement]
    may_reread: pulumi.Output[Statement]


def table_stream(arn: pulumi.Output[str]) -> Feed:
    """Describes the table's stream: ordered per item, 24 hours, at most two readers."""
    return Feed(arn=arn, may_read=arn.apply(dynamodb.read_stream), may_reread=arn.apply(dynamodb.reread_stream))


def kinesis_stream(arn: pulumi.Output[str]) -> Feed:
    """Describes the Kinesis stream that DynamoDB replicates to: unordered, may repeat, kept as long as configured."""
    return Feed(arn=arn, may_read=arn.apply(kinesis.read_stream), may_reread=arn.apply(kinesis.reread_stream))
