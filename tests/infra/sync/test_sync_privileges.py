"""What the sync's roles may do, statement by statement, and no more."""

from __future__ import annotations

import json

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.privileges import COLLECTION, KINESIS, QUEUES, TABLE, TABLE_STREAM, logs_of, rights
from tests.infra.variants import VARIANTS


def test_table_stream_consumer_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "sync-dynamodb-stream-policy") == {
        **logs_of("sync-data-with-dynamodb-stream"),
        TABLE_STREAM: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        TABLE: ["dynamodb:BatchGetItem"],
        COLLECTION: ["aoss:APIAccessAll"],
        f"{QUEUES}sync-data-with-dynamodb-stream-dead-letters": ["sqs:SendMessage"],
        f"{QUEUES}second-deletes": ["sqs:SendMessage"],
    }


def test_kinesis_consumer_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "sync-kinesis-stream-policy") == {
        **logs_of("sync-data-with-kinesis-stream"),
        KINESIS: [
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ],
        TABLE: ["dynamodb:BatchGetItem"],
        COLLECTION: ["aoss:APIAccessAll"],
        f"{QUEUES}sync-data-with-kinesis-stream-dead-letters": ["sqs:SendMessage"],
        f"{QUEUES}second-deletes": ["sqs:SendMessage"],
    }


def test_index_creator_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "sync-dynamodb-stream-index-policy") == {
        **logs_of("sync-data-with-dynamodb-stream-index"),
        COLLECTION: ["aoss:APIAccessAll"],
    }


def test_backfill_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "replicate-policy") == {
        **logs_of("replicate"),
        TABLE: ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Scan"],
        COLLECTION: ["aoss:APIAccessAll"],
        f"{QUEUES}sync-data-with-dynamodb-stream-dead-letters": ["sqs:SendMessage"],
        f"{QUEUES}sync-data-with-kinesis-stream-dead-letters": ["sqs:SendMessage"],
    }


def test_sender_of_second_deletes_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "second-delete-policy") == {
        **logs_of("second-deletes"),
        f"{QUEUES}second-deletes": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        TABLE: ["dynamodb:BatchGetItem"],
        COLLECTION: ["aoss:APIAccessAll"],
    }


def test_bucket_destination_adds_just_its_own_objects(deploy: Deploy) -> None:
    plain = rights(deploy(), "sync-dynamodb-stream-policy")
    known = rights(deploy(VARIANTS["failures in buckets"]), "sync-dynamodb-stream-policy")

    bucket = "arn:aws:s3:::sync-dynamodb-stream-failures-1a2b3c4"
    assert {key: known[key] for key in known if key not in plain} == {
        f"{bucket}/aws/lambda/*": ["s3:PutObject"],
        bucket: ["s3:ListBucket"],
    }


def test_network_rights_are_denied_to_the_functions_own_code(deploy: Deploy) -> None:
    document = json.loads(
        deploy(VARIANTS["private network"]).one(types.ROLE_POLICY, "sync-dynamodb-stream-policy").inputs["policy"]
    )

    allow, deny = document["Statement"][-2:]
    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    assert allow["Action"] == deny["Action"]
    assert deny["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}
