"""Least privilege, statement by statement: what each role, queue, bucket and collection policy says, and no more."""

from __future__ import annotations

import json
from typing import Any

from infra.rights import statements as policies
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.deployment import Deployment
from tests.infra.variants import VARIANTS

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/lab-table"
TABLE_STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
KINESIS = "arn:aws:kinesis:eu-central-1:123456789012:stream/kinesis-stream-data-lab"
COLLECTION = "arn:aws:aoss:eu-central-1:123456789012:collection/0lab-search"
QUEUES = "arn:aws:sqs:eu-central-1:123456789012:"
LOGS = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/"


def _rights(graph: Deployment, name: str) -> dict[str, list[str]]:
    """Resource to actions of one role's only policy."""
    document = json.loads(graph.one(types.ROLE_POLICY, name).inputs["policy"])
    return {statement["Resource"]: statement["Action"] for statement in document["Statement"]}


def _logs_of(function: str) -> dict[str, list[str]]:
    return {f"{LOGS}{function}:log-stream:*": ["logs:CreateLogStream", "logs:PutLogEvents"]}


def test_table_stream_consumer_may_do_exactly_this(deploy: Deploy) -> None:
    assert _rights(deploy(), "sync-dynamodb-stream-policy") == {
        **_logs_of("sync-data-with-dynamodb-stream"),
        TABLE_STREAM: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        TABLE: ["dynamodb:BatchGetItem"],
        COLLECTION: ["aoss:APIAccessAll"],
        f"{QUEUES}sync-data-with-dynamodb-stream-dead-letters": ["sqs:SendMessage"],
    }


def test_kinesis_consumer_may_do_exactly_this(deploy: Deploy) -> None:
    assert _rights(deploy(), "sync-kinesis-stream-policy") == {
        **_logs_of("sync-data-with-kinesis-stream"),
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
    }


def test_index_creator_may_do_exactly_this(deploy: Deploy) -> None:
    assert _rights(deploy(), "sync-dynamodb-stream-index-policy") == {
        **_logs_of("sync-data-with-dynamodb-stream-index"),
        COLLECTION: ["aoss:APIAccessAll"],
    }


def test_api_function_may_do_exactly_this(deploy: Deploy) -> None:
    assert _rights(deploy(), "api-function-policy") == {
        **_logs_of("table-api"),
        TABLE: [
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ],
        COLLECTION: ["aoss:APIAccessAll"],
    }


def test_backfill_may_do_exactly_this(deploy: Deploy) -> None:
    assert _rights(deploy(), "replicate-policy") == {
        **_logs_of("replicate"),
        TABLE: ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Scan"],
        COLLECTION: ["aoss:APIAccessAll"],
        f"{QUEUES}sync-data-with-dynamodb-stream-dead-letters": ["sqs:SendMessage"],
        f"{QUEUES}sync-data-with-kinesis-stream-dead-letters": ["sqs:SendMessage"],
    }


def test_bucket_destination_adds_just_its_own_objects(deploy: Deploy) -> None:
    plain = _rights(deploy(), "sync-dynamodb-stream-policy")
    rights = _rights(deploy(VARIANTS["failures in buckets"]), "sync-dynamodb-stream-policy")

    bucket = "arn:aws:s3:::sync-dynamodb-stream-failures-1a2b3c4"
    assert {key: rights[key] for key in rights if key not in plain} == {
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


def _data_access(graph: Deployment, name: str) -> list[tuple[list[str], list[str], list[str]]]:
    policy = json.loads(graph.one(types.ACCESS_POLICY, name).inputs["policy"])
    return [(rule["Resource"], rule["Permission"], block["Principal"]) for block in policy for rule in block["Rules"]]


def _role(name: str) -> list[str]:
    return [f"arn:aws:iam::123456789012:role/{name}-role-1a2b3c4"]


def test_each_role_reaches_the_indexes_that_it_needs_only(deploy: Deploy) -> None:
    graph = deploy()

    index = "index/lab-search/lab-table-dynamodb-stream"
    other = "index/lab-search/lab-table-kinesis-stream"
    writing = ["aoss:DescribeIndex", "aoss:UpdateIndex", "aoss:WriteDocument"]
    making = ["aoss:CreateIndex", "aoss:DescribeIndex", "aoss:UpdateIndex"]
    aliasing = ["aoss:CreateCollectionItems", "aoss:DescribeCollectionItems", "aoss:UpdateCollectionItems"]
    assert {name: _data_access(graph, name) for name in [entry.name for entry in graph.all(types.ACCESS_POLICY)]} == {
        "sync-dynamodb-stream-access": [([index], writing, _role("sync-dynamodb-stream"))],
        "sync-kinesis-stream-access": [([other], writing, _role("sync-kinesis-stream"))],
        "sync-dynamodb-stream-index-access": [
            ([index], making, _role("sync-dynamodb-stream-index")),
            (["collection/lab-search"], aliasing, _role("sync-dynamodb-stream-index")),
        ],
        "sync-kinesis-stream-index-access": [([other], making, _role("sync-kinesis-stream-index"))],
        "replicate-access": [([index, other], writing, _role("replicate"))],
        "api-access": [
            (
                ["index/lab-search/lab-table", index, other],
                ["aoss:DescribeIndex", "aoss:ReadDocument"],
                _role("api-function"),
            )
        ],
        "scilearn-access": [
            (
                ["index/lab-search/lab-table", index, other],
                ["aoss:DescribeIndex", "aoss:ReadDocument"],
                _role("scilearn"),
            )
        ],
    }


def test_human_readers_may_read_both_indexes_and_write_none(deploy: Deploy) -> None:
    [(resources, permissions, principals)] = _data_access(deploy(VARIANTS["readers and alarms"]), "search-readers")

    assert len(resources) == 2
    assert permissions == ["aoss:DescribeIndex", "aoss:ReadDocument"]
    assert principals == ["arn:aws:iam::123456789012:role/analyst"]


def test_roles_are_taken_by_their_service_alone(deploy: Deploy) -> None:
    services = {
        entry.name: [statement["Principal"] for statement in json.loads(entry.inputs["assumeRolePolicy"])["Statement"]]
        for entry in deploy().all(types.ROLE)
    }

    for gateways in ("api-access-log-account-role", "scilearn-sender-role"):
        assert services.pop(gateways) == [{"Service": "apigateway.amazonaws.com"}]
    assert services.pop("scilearn-pipe-role") == [{"Service": "pipes.amazonaws.com"}]
    assert all(principals == [{"Service": "lambda.amazonaws.com"}] for principals in services.values())


def test_api_may_invoke_the_function_from_its_one_stage(deploy: Deploy) -> None:
    permission = deploy().one(types.PERMISSION, "api-permission").inputs

    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["sourceArn"] == "arn:aws:execute-api:eu-central-1:123456789012:dynamodb-api-gw/v1/*"


def test_private_collection_is_reached_through_its_endpoint_only() -> None:
    [rule] = policies.collection_network("search", endpoint_id="vpce-1")

    assert (rule["AllowFromPublic"], rule["SourceVPCEs"]) == (False, ["vpce-1"])


def test_encryption_uses_awss_key_for_the_one_collection() -> None:
    assert policies.collection_encryption("search") == {
        "Rules": [{"ResourceType": "collection", "Resource": ["collection/search"]}],
        "AWSOwnedKey": True,
    }


def test_refusals_of_plain_text_cover_the_bucket_and_its_objects() -> None:
    document: dict[str, Any] = policies.tls_only_bucket("arn:aws:s3:::b")

    assert document["Statement"][0]["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
