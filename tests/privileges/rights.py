"""The rights of a running stack, one action of one statement each: found, taken away, given back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.privileges.rig import Rig

OPERATOR = "operator"


class Right(Protocol):
    """One right that can be taken away."""

    @property
    def holder(self) -> str:
        """Who has it: a role, or a resource whose own policy gives it."""

    @property
    def action(self) -> str:
        """The action as IAM names it."""

    @property
    def on(self) -> str:
        """What it is a right to, in short."""

    @property
    def refused_as(self) -> str:
        """Who is refused without it, as the log says."""

    def take(self, rig: Rig) -> None:
        """Takes it away."""

    def give_back(self, rig: Rig) -> None:
        """Gives it back."""


@dataclass(frozen=True, kw_only=True)
class RoleRight:
    """One action of a statement of a role's policy. `name` is an inline policy's, or a managed policy's ARN."""

    holder: str
    name: str
    action: str
    resource: str
    document: dict[str, Any] = field(repr=False, hash=False)

    @property
    def on(self) -> str:
        """Names the resource without account, region and what a stack makes up."""
        service, rest = self.resource.split(":")[2], self.resource.split(":", 5)[5]
        if service == "execute-api":
            return rest.split("/", 2)[2]
        table, _, stream = rest.removeprefix("table/").removeprefix("function:").partition("/stream/")
        return {"aoss": "the collection", "logs": "its log"}.get(service, f"{table} stream" if stream else table)

    @property
    def refused_as(self) -> str:
        """The role."""
        return self.holder

    def take(self, rig: Rig) -> None:
        """Writes the policy without the action."""
        rest = [_without(statement, self) for statement in self.document["Statement"]]
        self._write(rig, {**self.document, "Statement": [statement for statement in rest if statement["Action"]]})

    def give_back(self, rig: Rig) -> None:
        """Writes the whole policy."""
        self._write(rig, self.document)

    def _write(self, rig: Rig, document: dict[str, Any]) -> None:
        # A policy needs a statement; this one allows nothing that anybody does.
        nothing = {"Effect": "Allow", "Action": "sts:GetSessionToken", "Resource": "arn:aws:sts:::nothing"}
        text = json.dumps({**document, "Statement": document["Statement"] or [nothing]})
        iam = rig.root("iam")
        if not self.name.startswith("arn:"):
            iam.put_role_policy(RoleName=self.holder, PolicyName=self.name, PolicyDocument=text)
            return
        before = iam.get_policy(PolicyArn=self.name)["Policy"]["DefaultVersionId"]
        iam.create_policy_version(PolicyArn=self.name, PolicyDocument=text, SetAsDefault=True)
        iam.delete_policy_version(PolicyArn=self.name, VersionId=before)


def _without(statement: dict[str, Any], right: RoleRight) -> dict[str, Any]:
    if statement["Resource"] != right.resource:
        return statement
    return {**statement, "Action": [action for action in statement["Action"] if action != right.action]}


def _of_one(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Gives the statement for each of its resources, which says the same."""
    resources = statement["Resource"]
    return [{**statement, "Resource": each} for each in (resources if isinstance(resources, list) else [resources])]


def role_rights(rig: Rig) -> Iterator[RoleRight]:
    """Yields every right of every role of the program."""
    iam = rig.root("iam")
    for role in iam.list_roles()["Roles"]:
        holder = role["RoleName"]
        policies = {
            name: iam.get_role_policy(RoleName=holder, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=holder)["PolicyNames"]
        }
        for attached in iam.list_attached_role_policies(RoleName=holder)["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            if not arn.startswith("arn:aws:iam::aws:"):  # AWS's own are not the program's
                found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
                policies[arn] = found
        for name, whole in policies.items():
            document = {**whole, "Statement": [one for statement in whole["Statement"] for one in _of_one(statement)]}
            for statement in document["Statement"]:
                for action in statement["Action"]:
                    yield RoleRight(
                        holder=holder, name=name, action=action, resource=statement["Resource"], document=document
                    )
