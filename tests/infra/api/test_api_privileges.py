"""What the API's roles may do, and no more."""

from __future__ import annotations

from tests.infra import resource_types as types
from tests.infra.conftest import Deploy
from tests.infra.privileges import COLLECTION, TABLE, logs_of, rights


def test_api_function_may_do_exactly_this(deploy: Deploy) -> None:
    assert rights(deploy(), "api-function-policy") == {
        **logs_of("table-api"),
        TABLE: [
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ],
        COLLECTION: ["aoss:APIAccessAll"],
    }


def test_api_may_invoke_the_function_from_its_one_stage(deploy: Deploy) -> None:
    permission = deploy().one(types.PERMISSION, "api-permission").inputs

    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["sourceArn"] == "arn:aws:execute-api:eu-central-1:123456789012:dynamodb-api-gw/v1/*"
