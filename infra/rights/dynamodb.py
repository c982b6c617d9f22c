"""Rights on DynamoDB tables and their streams."""

from __future__ import annotations

from infra.rights.documents import Statement, allow

SMOKE_PREFIX = "smoke-"
"""How the ids of all items of `ops smoke` begin."""


def read_stream(stream_arn: str) -> Statement:
    """Allows what Lambda's poller needs to read a table's stream. It needs no ListStreams, which has no resource level.

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """
    return allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream_arn)


def reread_stream(stream_arn: str) -> Statement:
    """Lets `ops redrive` read a range again that Lambda's failure message names, shard and all."""
    return allow(["dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream_arn)


def reread_items(table_arn: str) -> Statement:
    """Lets the sync read items again whose records are too old to trust."""
    return allow(["dynamodb:BatchGetItem"], table_arn)


def scan_table(table_arn: str) -> Statement:
    """Lets a backfill read the whole table, and its description, which has the key names and the time."""
    return allow(["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Scan"], table_arn)


def compare_table(table_arn: str) -> Statement:
    """Lets `ops verify` walk the table and read items again, and `ops backfill` ask if Kinesis gets its changes."""
    return allow(
        [
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeKinesisStreamingDestination",
            "dynamodb:DescribeTable",
            "dynamodb:Scan",
        ],
        table_arn,
    )


def write_smoke_items(table_arn: str) -> Statement:
    """Lets `ops smoke` put and delete items of its own: those whose key begins as all of its ids do.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    return {
        **allow(["dynamodb:BatchWriteItem"], table_arn),
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{SMOKE_PREFIX}*"]}},
    }


def serve_items(table_arn: str) -> Statement:
    """Allows the API function's calls on the table, one action for each of its routes."""
    return allow(
        ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"],
        table_arn,
    )


def keep_statuses(table_arn: str) -> Statement:
    """Allows to read and conditionally put a request's status. Nothing is deleted: the table's TTL does that."""
    return allow(["dynamodb:GetItem", "dynamodb:PutItem"], table_arn)


def read_statuses(table_arn: str) -> Statement:
    """Allows to read one request's status by its id."""
    return allow(["dynamodb:GetItem"], table_arn)
