"""What `python -m ops` needs and gets, statement by statement, against the calls that the commands really make."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pytest

from infra.rights import aoss, dynamodb
from ops.probe.scratch import open_scratch
from ops.smoke.scene import PREFIX, Patience, Scene
from ops.stack import Stack
from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.deployment import Deployment
from tests.infra.privileges import COLLECTION, KINESIS, QUEUES, TABLE, TABLE_STREAM
from tests.infra.variants import VARIANTS

OPERATORS = VARIANTS["operators"]
PATIENCE = Patience(arrival=1, search=1, analysis=1, settle=1, burst=1)
LAMBDA = "arn:aws:lambda:eu-central-1:123456789012:"
BUCKET = "arn:aws:s3:::sync-kinesis-stream-failures-1a2b3c4"
API = "arn:aws:execute-api:eu-central-1:123456789012:dynamodb-api-gw/v1/"
MANAGED_POLICY_CHARACTERS = 6_144  # without white space: .../IAM/latest/UserGuide/reference_iam-quotas.html


def _document(graph: Deployment) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(graph.one(types.POLICY).inputs["policy"])
    return document


def test_operators_may_do_exactly_this(deploy: Deploy) -> None:
    settling = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    statements = _document(deploy(OPERATORS))["Statement"]

    comparing, smoking, calling = statements[0], statements[1], statements[-2]
    assert (comparing["Resource"], comparing["Action"]) == (
        TABLE,
        [
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeKinesisStreamingDestination",
            "dynamodb:DescribeTable",
            "dynamodb:Scan",
        ],
    )
    assert smoking == {
        "Effect": "Allow",
        "Action": ["dynamodb:BatchWriteItem"],
        "Resource": TABLE,
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["smoke-*"]}},
    }
    assert (calling["Action"], calling["Resource"]) == (
        ["execute-api:Invoke"],
        [
            f"{API}POST/items",
            f"{API}*/items/smoke-*",
            f"{API}GET/search",
            f"{API}POST/analyses",
            f"{API}GET/analyses/*",
        ],
    )
    others = [statement for statement in statements if statement not in (comparing, smoking, calling)]
    assert {statement["Resource"]: statement["Action"] for statement in others} == {
        COLLECTION: ["aoss:APIAccessAll"],
        TABLE_STREAM: ["dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        KINESIS: ["kinesis:GetRecords", "kinesis:GetShardIterator"],
        f"{QUEUES}sync-data-with-dynamodb-stream-dead-letters": settling,
        f"{QUEUES}sync-data-with-kinesis-stream-dead-letters": settling,
        f"{BUCKET}/aws/lambda/*": ["s3:DeleteObject", "s3:GetObject"],
        BUCKET: ["s3:ListBucket"],
        f"{LAMBDA}event-source-mapping:uuid-of-sync-dynamodb-stream-mapping-1a2b3c4": ["lambda:GetEventSourceMapping"],
        f"{LAMBDA}event-source-mapping:uuid-of-sync-kinesis-stream-mapping-1a2b3c4": ["lambda:GetEventSourceMapping"],
        f"{LAMBDA}function:replicate": ["lambda:InvokeFunction"],
        f"{QUEUES}second-deletes-dead-letters": [
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ListMessageMoveTasks",
            "sqs:ReceiveMessage",
            "sqs:StartMessageMoveTask",
        ],
        f"{QUEUES}second-deletes": ["sqs:SendMessage"],
        f"{QUEUES}scilearn-not-handed-over": settling,
        f"{QUEUES}scilearn-failures": settling,
        f"{QUEUES}scilearn-requests": ["sqs:GetQueueAttributes", "sqs:SendMessage"],
        TABLE.replace("lab-table", "scilearn-status"): ["dynamodb:GetItem"],
        "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*": ["cloudwatch:DescribeAlarms"],
    }
    assert len(statements) == 20
    assert {statement["Effect"] for statement in statements} == {"Allow"}


def test_what_the_smoke_test_writes_is_what_operators_may_write() -> None:
    assert dynamodb.SMOKE_PREFIX == PREFIX
    assert Scene(stack=Stack(name="", outputs={}), patience=PATIENCE).item("x", {})["id"]["S"].startswith(PREFIX)


def test_operators_read_the_apis_key_where_callers_have_one(deploy: Deploy) -> None:
    statements = _document(deploy({**OPERATORS, **VARIANTS["api key"]}))["Statement"]

    [reading] = [each for each in statements if each["Action"] == ["apigateway:GET"]]
    assert reading["Resource"] == "arn:aws:apigateway:eu-central-1::/apikeys/dynamodb-api-gw"
    assert [each for each in statements if each["Action"] == ["execute-api:Invoke"]] == []


def test_operators_policy_fits_into_a_managed_policy_with_the_longest_names(deploy: Deploy) -> None:
    graph = deploy({**VARIANTS["the longest names"], "operators": OPERATORS["operators"], "api": {"stage": "v" * 128}})

    assert len(json.dumps(_document(graph), separators=(",", ":"))) < MANAGED_POLICY_CHARACTERS


def test_operators_reach_the_two_indexes_the_probes_own_and_see_the_alias(deploy: Deploy) -> None:
    policy = json.loads(deploy(OPERATORS).one(types.ACCESS_POLICY, "operators-access").inputs["policy"])

    assert [(rule["Resource"], rule["Permission"]) for block in policy for rule in block["Rules"]] == [
        (
            ["index/lab-search/lab-table-dynamodb-stream", "index/lab-search/lab-table-kinesis-stream"],
            ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:UpdateIndex", "aoss:WriteDocument"],
        ),
        (
            ["index/lab-search/driftless-probe-*"],
            [
                "aoss:CreateIndex",
                "aoss:DeleteIndex",
                "aoss:DescribeIndex",
                "aoss:ReadDocument",
                "aoss:WriteDocument",
            ],
        ),
        (["collection/lab-search"], ["aoss:DescribeCollectionItems"]),
    ]
    assert [block["Principal"] for block in policy] == [OPERATORS["operators"]["arns"]] * 3


def test_the_probes_index_is_one_of_those_it_may_make() -> None:
    made: list[str] = []

    class Indices:
        def create(self, index: str, body: object) -> None:
            made.append(index)

    class Client:
        indices = Indices()

    def send(body: bytes, timeout_seconds: float) -> tuple[int, bytes]:
        raise AssertionError("opening a place to write writes nothing")

    open_scratch(Client(), lambda _: send, "consumer-index", wait_seconds=0)

    assert [fnmatch.fnmatchcase(name, aoss.PROBE_INDEXES) for name in made] == [True]
    assert not fnmatch.fnmatchcase("lab-table-dynamodb-stream", aoss.PROBE_INDEXES)


def test_policy_is_exported_for_operators_to_attach_and_attached_to_nobody(deploy: Deploy) -> None:
    graph = deploy(OPERATORS)

    assert graph.exports["operator_policy_arn"].startswith("arn:aws:iam::123456789012:policy/operators-policy")
    attached = [entry.inputs["policyArn"] for entry in graph.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")]
    assert graph.exports["operator_policy_arn"] not in attached


@pytest.mark.parametrize("variant", [name for name, settings in VARIANTS.items() if "operators" not in settings])
def test_without_operators_nobody_gets_anything(deploy: Deploy, variant: str) -> None:
    graph = deploy(VARIANTS[variant])

    assert graph.all(types.POLICY) == []
    assert "operators-access" not in [entry.name for entry in graph.all(types.ACCESS_POLICY)]
    assert "operator_policy_arn" not in graph.exports
