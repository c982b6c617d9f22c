"""The two change feeds: what differs between them is data, so that a consumer needs no `if`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pulumi

from infra.rights import statements as policies


@dataclass(frozen=True, kw_only=True)
class StreamSource:
    """A stream that Lambda polls, and statements made from its ARN.

    `read` lets a consumer's role follow the stream, `reread` an operator look at a range of it again.
    """

    arn: pulumi.Input[str]
    read: Callable[[str], policies.Statement]
    reread: Callable[[str], policies.Statement]


def table_stream(arn: pulumi.Input[str]) -> StreamSource:
    """The table's own stream: ordered per item, 24 hours, at most two readers."""
    return StreamSource(arn=arn, read=policies.read_table_stream, reread=policies.reread_table_stream)


def change_stream(arn: pulumi.Input[str]) -> StreamSource:
    """The Kinesis stream that DynamoDB replicates to: unordered, may repeat, kept as long as configured."""
    return StreamSource(arn=arn, read=policies.read_kinesis_stream, reread=policies.reread_kinesis_stream)
