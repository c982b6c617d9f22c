"""Calls of the local stack need rights: a handful of flows, each with one right taken away. All: `tests.privileges`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local.api_stack import running_stack
from tests.privileges.api_flows import LISTED
from tests.privileges.expected import BY_ROLE, shown_by
from tests.privileges.flow import Flow, try_without
from tests.privileges.resource_rights import NOBODY, invocations, plain_text, trusts
from tests.privileges.rig import Rig
from tests.privileges.rights import RoleRight, role_rights
from tests.privileges.sync_flows import prepare_indexes

pytestmark = pytest.mark.local

ROLE = "arn:aws:iam::000000000000:role/"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory = Path(tmp_path_factory.mktemp("authorization"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRIFTLESS_LOCAL_DIRECTORY", str(directory / "stack"))  # so that `--stack local` is this one
        with running_stack(directory) as outputs:
            running = Rig(outputs, directory)
            prepare_indexes(running)
            yield running


@pytest.fixture(scope="module")
def rights(rig: Rig) -> dict[tuple[str, str], RoleRight]:
    return {(right.holder, f"{right.action} {right.on}"): right for right in role_rights(rig)}


def test_every_right_has_a_flow_or_a_reason_and_nothing_else_has(rights: dict[tuple[str, str], RoleRight]) -> None:
    for right in rights.values():
        shown_by(right)
    unknown = [
        (role, key)
        for role, known in BY_ROLE.items()
        for key in known
        if not any(right.holder == role and key in (right.action, f"{right.action} {right.on}")
                   for right in rights.values())
    ]  # fmt: skip
    # A consumer's table of flows serves both feeds; each role has the rights of one.
    assert [one for one in unknown if not one[1].startswith(("dynamodb:", "kinesis:"))] == []


@pytest.mark.parametrize(
    ("holder", "right"),
    [
        ("sync-dynamodb-stream-role", "dynamodb:GetRecords lab-table stream"),
        ("sync-kinesis-stream-role", "sqs:SendMessage sync-data-with-kinesis-stream-dead-letters"),
        ("api-function-role", "dynamodb:PutItem lab-table"),
        ("scilearn-sender-role", "sqs:SendMessage scilearn-requests"),
        ("scilearn-pipe-role", "lambda:InvokeFunction scilearn"),
        ("operator", "dynamodb:Scan lab-table"),
    ],
)
def test_without_a_right_its_flow_fails_and_with_it_it_goes_on(
    rig: Rig, rights: dict[tuple[str, str], RoleRight], holder: str, right: str
) -> None:
    taken = rights[holder, right]
    flow = shown_by(taken)
    assert isinstance(flow, Flow)
    assert try_without(rig, taken, flow).is_needed


def test_a_right_that_nothing_misses_is_found_out(rig: Rig, rights: dict[tuple[str, str], RoleRight]) -> None:
    unrelated = rights["api-function-role", "dynamodb:DeleteItem lab-table"]
    assert not try_without(rig, unrelated, LISTED).is_needed


def test_a_role_is_taken_by_its_service_for_its_resource_alone(rig: Rig) -> None:
    for right, flow in trusts(rig):
        assert flow.begin(rig)(), right
    pipe = f"{ROLE}scilearn-pipe-role"
    source = "arn:aws:pipes:us-east-1:000000000000:pipe/another"
    for who in ({"service": "pipes.amazonaws.com", "source_arn": source}, {"service": NOBODY}, {}):
        with pytest.raises(ClientError, match="AccessDenied"):
            rig.role(pipe, **who).client("sts").get_caller_identity()


def test_a_queue_and_a_bucket_refuse_plain_text_by_their_own_policies(rig: Rig) -> None:
    found = plain_text(rig)
    assert len(found) == 9
    assert [name for name, refuses in found.items() if not refuses] == []


def test_the_gateway_invokes_a_function_only_where_its_policy_lets_it(rig: Rig) -> None:
    right, flow = next(iter(invocations(rig)))
    assert try_without(rig, right, flow).is_needed
