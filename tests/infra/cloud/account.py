"""The account: what is there, names that are taken, and what AWS doesn't delete.

It assumes the worst: every repository holds images and every bucket objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.infra import resource_types as types
from tests.infra.cloud.kinds import kinds
from tests.infra.cloud.refusals import refusal
from tests.infra.cloud.resource import Resource


class AwsError(Exception):
    """AWS refuses a call."""


@dataclass(kw_only=True)
class Account:
    """Resources by type and key; those without a key by their id."""

    things: dict[tuple[Any, ...], Resource] = field(default_factory=dict)
    attached_policies: set[str] = field(default_factory=set)
    """ARNs that somebody outside the stack has attached to a role."""

    def copy(self) -> Account:
        return Account(things=dict(self.things), attached_policies=set(self.attached_policies))

    def create(self, resource: Resource) -> None:
        """Makes a resource. What is put writes over what is there; any other name may exist once."""
        place = _place(resource)
        if place in self.things and not kinds()[resource.goal.type].put:
            raise AwsError(f"{resource.goal.name}: AlreadyExists: {' '.join(map(str, place))}")
        self.things[place] = resource

    def update(self, old: Resource, new: Resource) -> None:
        """Changes a resource in place."""
        if _place(old) != _place(new):
            self.create(new)
            del self.things[_place(old)]
        else:
            self.things[_place(new)] = new

    def why_not(self, resource: Resource) -> str | None:
        """Says why AWS would refuse to delete the resource now."""
        return refusal(resource, list(self.things.values()), self.attached_policies)

    def delete(self, resource: Resource) -> None:
        """Deletes whatever is at the resource's place, as AWS does: it knows no URNs. Images go with a repository."""
        if reason := self.why_not(resource):
            raise AwsError(f"{resource.goal.name}: {reason}")
        self.things.pop(_place(resource), None)
        if resource.goal.type == types.REPOSITORY:
            url = resource.properties["repositoryUrl"]
            images = [place for place, each in self.things.items() if each.properties.get("ref", "").startswith(url)]
            for place in images:
                del self.things[place]

    def keep(self, resource: Resource) -> None:
        """Leaves the thing to itself: its name stays taken, but nothing of the stack is at its place any more."""
        if _place(resource) == (resource.goal.type, resource.id):
            self.things["kept", len(self.things), *_place(resource)] = self.things.pop(_place(resource))

    def forget(self, resource: Resource) -> None:
        """Takes out what went together with something else."""
        self.things.pop(_place(resource), None)

    def has(self, resource: Resource) -> bool:
        """Whether this very resource is there, not a predecessor of its place."""
        found = self.things.get(_place(resource))
        return found is not None and found.id == resource.id


def _place(resource: Resource) -> tuple[Any, ...]:
    key = kinds()[resource.goal.type].key(resource.properties)
    return (resource.goal.type, resource.id) if key is None else (resource.goal.type, *key)
