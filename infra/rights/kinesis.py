"""Rights on Kinesis data streams."""

from __future__ import annotations

from infra.rights.documents import Statement, allow


def read_stream(stream_arn: str) -> Statement:
    """Allows what Lambda's poller needs of a Kinesis stream.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    return allow(
        [
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ],
        stream_arn,
    )


def reread_stream(stream_arn: str) -> Statement:
    """Lets `ops redrive` read a range again that Lambda's failure message names, shard and all."""
    return allow(["kinesis:GetRecords", "kinesis:GetShardIterator"], stream_arn)
