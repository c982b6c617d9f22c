"""The life of a stack against the provider double: made, updated with nothing changed, destroyed.

Not proven here: that AWS takes what is declared, beyond the providers' schemas and what kinds.toml, read_back.py and
refusals.py know.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.infra import resource_types as types
from tests.infra.api.variants import VARIANTS as WITH_KEY
from tests.infra.cloud.conftest import UNPROTECTED, Stacks, merged
from tests.infra.cloud.monitor import Spoil
from tests.infra.cloud.spoiling import changing
from tests.infra.cloud.stack import Stack
from tests.infra.deployment import ROOT
from tests.infra.test_program import GOLDEN

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
OPERATORS = {"operators": {"arns": ["arn:aws:iam::123456789012:role/operator"]}}
ACCOUNT_ROLE = ["api-access-log-account", "api-access-log-account-policy", "api-access-log-account-role"]


def _left(stack: Stack) -> list[str]:
    return sorted(each.goal.name for each in stack.account.things.values())


def test_a_stack_is_made_of_what_the_program_registers(stack: Stacks) -> None:
    made = stack()

    listed = [row.split()[0] for file in GOLDEN.iterdir() for row in file.read_text(encoding="utf-8").splitlines()]
    assert sorted(each.goal.type for each in made.account.things.values() if each.goal.type != types.ALARM) == sorted(
        type_ for type_ in listed if not type_.startswith(("driftless:", "pulumi:"))
    )


def test_an_update_with_nothing_changed_changes_nothing(stack: Stacks) -> None:
    outcome = stack().up()

    assert outcome.errors == ()
    assert outcome.changes == []


@pytest.mark.parametrize(
    ("spoil", "input_"),
    [
        (
            changing("aws:apigateway/response:Response", "api-refusals-throttled", inputs={"statusCode": None}),
            "statusCode",
        ),
        (
            changing(
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                inputs={
                    "rules": [
                        {
                            "id": "forget",
                            "status": "Enabled",
                            "filter": {"prefix": "results/"},
                            "expiration": {"days": 30, "expiredObjectDeleteMarker": True},
                        }
                    ]
                },
            ),
            "rules",
        ),
        (
            changing(
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                inputs={
                    "rules": [
                        {"id": "forget", "status": "Enabled", "filter": {"prefix": "a"}, "prefix": "a"},
                    ]
                },
            ),
            "rules",
        ),
    ],
    ids=["a gateway response without its status", "two expirations of one rule", "two prefixes of one rule"],
)
def test_what_aws_reads_back_otherwise_differs_in_every_later_update(stack: Stacks, spoil: Spoil, input_: str) -> None:
    made = Stack(goals=stack().goals).again(spoil=spoil)

    second = made.stack.again(spoil=spoil)
    third = second.stack.again(spoil=spoil)

    assert made.errors == second.errors == ()
    assert [[step.operation, *step.inputs] for step in second.changes] == [["update", input_]]
    assert second.changes == third.changes


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"hashKye": "id"}, "hashKye is unknown"),
        ({"readCapacity": "five"}, "readCapacity is 'five', not int"),
        ({"pointInTimeRecovery": {"enable": True}}, "pointInTimeRecovery.enabled is missing"),
        ({"attributes": [{"name": "id", "type": "S", "sort": "asc"}]}, "attributes[0].sort is unknown"),
    ],
)
def test_inputs_that_the_schema_does_not_have_are_refused(
    stack: Stacks, inputs: Mapping[str, Any], problem: str
) -> None:
    outcome = stack().again(spoil=changing(types.TABLE, "source-table", inputs=inputs))

    assert f"source-table ({types.TABLE}): {problem}" in outcome.errors


def test_an_input_that_must_be_given_is_missed(stack: Stacks) -> None:
    outcome = stack().again(spoil=changing(types.DESTINATION, inputs={"streamArn": None}))

    assert outcome.errors == (f"source-table-destination ({types.DESTINATION}): streamArn is missing",)


def test_a_secret_output_is_secret_for_the_program(stack: Stacks) -> None:
    """The runtime leaves the mark on what it registers; the value of the API's key is in nothing that it does."""
    made = stack(WITH_KEY["api key"])

    [key] = [each for each in made.state.values() if each.goal.type == "aws:apigateway/apiKey:ApiKey"]
    assert key.goal.secret_outputs == ("value",)
    others = [dict(each.goal.inputs) for each in made.state.values()]
    assert key.outputs["value"] not in json.dumps(others)


def test_protected_data_is_not_destroyed(stack: Stacks) -> None:
    outcome = stack().destroy()

    assert outcome.changes == []
    assert {error.partition(":")[0] for error in outcome.errors} == {
        each.goal.name for each in stack().state.values() if each.goal.protect
    }


def test_after_the_steps_of_the_page_a_destroy_leaves_the_accounts_role_alone(stack: Stacks) -> None:
    opened = stack().up(UNPROTECTED)

    outcome = opened.stack.destroy()

    assert opened.errors == outcome.errors == ()
    assert _left(outcome.stack) == ACCOUNT_ROLE
    assert "pulumi config set protect false" in PAGE
    assert "'table.deletion_protection' false" in PAGE


def test_without_the_accounts_role_nothing_is_left(stack: Stacks) -> None:
    outcome = stack(merged(UNPROTECTED, {"api": {"account_log_role": False}})).destroy()

    assert outcome.errors == ()
    assert _left(outcome.stack) == []


@pytest.mark.parametrize(
    ("type_", "error"),
    [
        (types.REPOSITORY, "RepositoryNotEmptyException"),
        (types.BUCKET, "BucketNotEmpty"),
        (types.TABLE, "ValidationException"),
    ],
)
def test_what_was_unprotected_by_hand_alone_is_refused_by_aws(stack: Stacks, type_: str, error: str) -> None:
    """As `pulumi state unprotect` does: the state says so, what is in AWS doesn't know."""
    made = stack()
    state = {
        urn: dataclasses.replace(each, goal=dataclasses.replace(each.goal, protect=False))
        for urn, each in made.state.items()
    }
    only = {urn: each for urn, each in state.items() if each.goal.type == type_}

    [first, *_] = Stack(state=only, account=made.account).destroy().errors

    assert error in first
    assert "buckets that hold objects and tables that are protected against deletion are refused" in " ".join(
        PAGE.split()
    )


def test_an_operators_policy_that_is_attached_is_refused(stack: Stacks) -> None:
    made = stack(merged(UNPROTECTED, OPERATORS))
    [policy] = [each for each in made.state.values() if each.goal.type == types.POLICY]
    account = made.account.copy()
    account.attached_policies.add(policy.outputs["arn"])

    outcome = dataclasses.replace(made, account=account).destroy()

    assert any("DeleteConflict" in error for error in outcome.errors)
    assert "IAM deletes no policy that is attached" in " ".join(PAGE.split())


def test_a_missing_dependency_spoils_the_order_of_deletes(stack: Stacks) -> None:
    spoil = changing(types.STAGE, dependencies=(), property_dependencies={})
    made = Stack(goals=stack(UNPROTECTED).goals).again(spoil=spoil)

    assert any("Active stages pointing to this deployment" in error for error in made.stack.destroy().errors)
