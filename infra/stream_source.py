"""The two change feeds: what differs between them is data, so that a consumer needs no `if`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pulumi

from infra import policies


@dataclass(frozen=True, kw_only=True)
class StreamSource:
    """A stream that Lambda polls, and the statement that lets a role read it, made from the stream's ARN."""

    arn: pulumi.Input[str]
    read: Callable[[str], policies.Statement]


def table_stream(arn: pulumi.Input[str]) -> StreamSource:
    """The table's own stream: ordered per item, 24 hours, at most two readers."""
    return StreamSource(arn=arn, read=policies.read_table_stream)


def change_stream(arn: pulumi.Input[str]) -> StreamSource:
    """The Kinesis stream that DynamoDB replicates to: unordered, may repeat, kept as long as configured."""
    return StreamSource(arn=arn, read=policies.read_kinesis_stream)
