"""The double itself: its tables fit the installed packages, and its engine keeps to Pulumi's rules."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.infra import resource_types as types
from tests.infra.cloud.account import Account
from tests.infra.cloud.engine import Update
from tests.infra.cloud.kinds import kinds
from tests.infra.cloud.read_back import READINGS
from tests.infra.cloud.resource import Goal
from tests.infra.cloud.schema import schema_of
from tests.infra.cloud.stack import Outcome, Stack

TRUST = "{}"


def _goal(type_: str, name: str, inputs: dict[str, Any] | None = None, **options: Any) -> Goal:
    return Goal(
        urn=f"urn:pulumi:test::driftless::{type_}::{name}", type=type_, name=name, inputs=inputs or {}, **options
    )


def _queue(**options: Any) -> Goal:
    return _goal(types.QUEUE, "queue", {"name": "letters", "delaySeconds": 0}, **options)


def _policy_of(queue: Goal, **inputs: Any) -> Goal:
    return _goal(
        types.QUEUE_POLICY,
        "policy",
        {"queueUrl": "url", "policy": TRUST, **inputs},
        dependencies=(queue.urn,),
        property_dependencies={"queueUrl": (queue.urn,)},
    )


def _with(goal: Goal, inputs: dict[str, Any] | None = None, **options: Any) -> Goal:
    return dataclasses.replace(goal, inputs={**goal.inputs, **(inputs or {})}, **options)


def _update(stack: Stack, *goals: Goal) -> Outcome:
    return dataclasses.replace(stack, goals=goals).again()


def _made(*goals: Goal) -> Stack:
    outcome = _update(Stack(), *goals)
    assert outcome.errors == ()
    return outcome.stack


def _steps(outcome: Outcome) -> list[str]:
    assert outcome.errors == ()
    return [f"{step.operation} {step.name}" for step in outcome.changes]


@pytest.mark.parametrize("type_", kinds())
def test_facts_name_what_the_installed_package_has(type_: str) -> None:
    kind, schema = kinds()[type_], schema_of(type_)

    assert set(kind.replaces) <= set(schema.inputs)
    assert {*(kind.unique or ())} <= {*schema.inputs, *schema.outputs}


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: f"{reading.type}-{reading.input}")
def test_what_is_read_back_otherwise_is_an_input_that_the_provider_does_not_compute(reading: Any) -> None:
    schema = schema_of(reading.type)

    assert reading.input in schema.inputs
    assert reading.input not in schema.always


def test_an_update_in_place_keeps_the_resource() -> None:
    stack = _made(_queue())

    outcome = _update(stack, _with(_queue(), {"delaySeconds": 5}))

    assert _steps(outcome) == ["update queue"]
    assert outcome.stack.state[_queue().urn].id == stack.state[_queue().urn].id


def test_a_computed_input_that_is_left_out_keeps_its_value() -> None:
    """The other kind is taken away."""
    stack = _made(_with(_queue(), {"kmsDataKeyReusePeriodSeconds": 60, "kmsMasterKeyId": "key"}))

    [step] = _update(stack, _queue()).changes

    assert step.inputs == {"kmsMasterKeyId"}


def test_nothing_and_an_empty_value_are_the_same() -> None:
    stack = _made(_with(_queue(), {"tags": {}, "fifoQueue": False}))

    assert _steps(_update(stack, _with(_queue(), {"receiveWaitTimeSeconds": 0}))) == []


def test_ignored_changes_are_no_changes() -> None:
    stack = _made(_queue())

    assert _steps(_update(stack, _with(_queue(), {"delaySeconds": 5}, ignore_changes=("delaySeconds",)))) == []


def test_the_provider_lets_a_given_name_go_first_and_with_it_who_would_be_replaced() -> None:
    stack = _made(_queue(), _policy_of(_queue()))

    outcome = _update(stack, _with(_queue(), {"name": "other"}), _policy_of(_queue(), queueUrl="other"))

    assert _steps(outcome) == [
        "replace queue",
        "delete first policy",
        "delete first queue",
        "create queue",
        "create policy",
    ]


def test_the_program_may_want_the_new_one_first() -> None:
    stack = _made(_queue(), _policy_of(_queue()))

    renamed = _with(_queue(), {"name": "other"}, delete_before_replace=False)
    outcome = _update(stack, renamed, _policy_of(_queue(), queueUrl="other"))

    assert _steps(outcome) == [
        "replace queue",
        "create queue",
        "replace policy",
        "create policy",
        "delete policy",
        "delete queue",
    ]


def test_a_protected_dependent_keeps_the_other_from_going_first() -> None:
    protected = dataclasses.replace(_policy_of(_queue()), protect=True)
    stack = _made(_queue(), protected)

    outcome = _update(stack, _with(_queue(), {"name": "other"}), protected)

    assert outcome.errors[0] == "unable to replace policy with queue as it is protected"


def test_a_change_that_the_program_wants_replaced_is() -> None:
    stack = _made(_queue())

    changed = _with(_queue(), {"delaySeconds": 5}, replace_on_changes=("delaySeconds",), delete_before_replace=True)

    assert _steps(_update(stack, changed)) == ["replace queue", "delete first queue", "create queue"]


def test_unprotecting_and_replacing_is_one_update() -> None:
    stack = _made(_queue(protect=True))

    assert _update(stack, _with(_queue(protect=True), {"name": "other"})).errors
    assert _update(stack, _with(_queue(), {"name": "other"})).errors == ()


def test_what_is_retained_leaves_the_state_only() -> None:
    stack = _made(_queue(retain_on_delete=True))

    outcome = _update(stack)

    assert _steps(outcome) == ["keep queue"]
    assert outcome.stack.state == {}
    assert len(outcome.stack.account.things) == 1


def test_what_goes_with_another_is_not_deleted_by_itself() -> None:
    """A role with a policy is refused, unless the policy is said to go with the role."""
    role = _goal(types.ROLE, "role", {"name": "reader", "assumeRolePolicy": TRUST})
    policy = _goal(types.ROLE_POLICY, "rights", {"role": "reader", "policy": TRUST})
    along = dataclasses.replace(policy, deleted_with=role.urn)

    assert "DeleteConflict" in _made(role, policy).destroy().errors[0]
    assert _made(role, along).destroy().errors == ()


def test_an_alias_is_the_same_resource() -> None:
    stack = _made(_queue())
    moved = dataclasses.replace(_queue(), urn="urn:pulumi:test::driftless::other::queue")

    assert _steps(_update(stack, dataclasses.replace(moved, aliases=(_queue().urn,)))) == []
    assert "AlreadyExists" in _update(stack, moved).errors[0]


def test_a_name_exists_once() -> None:
    second = dataclasses.replace(_queue(), urn="urn:pulumi:test::driftless::other::queue", name="second")

    assert "AlreadyExists" in _update(Stack(), _queue(), second).errors[0]


def test_a_resource_comes_after_what_it_depends_on() -> None:
    outcome = _update(Stack(), _policy_of(_queue()), _queue())

    assert outcome.errors == (f"policy came before {_queue().urn}",)


def test_nothing_is_done_after_an_error() -> None:
    update = Update({}, Account())

    for goal in (_with(_queue(), {"nmae": "letters"}), _goal(types.STREAM, "stream", {"name": "changes"})):
        update.register(goal)
    update.finish()

    assert update.errors == [f"queue ({types.QUEUE}): nmae is unknown"]
    assert update.account.things == {}
