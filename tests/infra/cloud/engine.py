"""One update as Pulumi's engine makes it: a step for each registration, and the deletes after the program's end.

The rules are those of pkg/resource/deploy/step_generator.go in pulumi/pulumi:
- a replacement makes the new one first, unless the program or the provider wants the old one to go first. Then those
  go before it, too, that a change of it would replace (`calculateDependentReplacements`);
- what is protected before and after isn't replaced; what was protected isn't deleted;
- nothing is done after the first error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.infra.cloud.account import Account, AwsError
from tests.infra.cloud.deletes import in_worst_order
from tests.infra.cloud.difference import changed_inputs
from tests.infra.cloud.kinds import kinds
from tests.infra.cloud.outputs import made
from tests.infra.cloud.resource import Goal, Resource
from tests.infra.cloud.schema import schema_of
from tests.infra.cloud.step import Operation, Step

State = dict[str, Resource]
"""By URN, in the order of registration."""


class Update:
    """Call `register` for each resource, then `finish`. State and account afterwards are `new` and `account`.

    A preview asks nothing of the account.
    """

    def __init__(self, old: State, account: Account, *, preview: bool = False) -> None:
        self.old, self.account, self.preview = old, account.copy(), preview
        self.new: State = {}
        self.steps: list[Step] = []
        self.errors: list[str] = []
        self._gone: set[str] = set()
        """URNs whose resource went before its successor."""
        self._pending: list[Resource] = []
        """Those whose successor was made first."""

    def register(self, goal: Goal) -> Resource:
        """Makes the goal so, and returns what became of it."""
        self._check_order(goal)
        old = self._predecessor(goal)
        if goal.custom and not goal.type.startswith("pulumi:providers:"):
            self.errors += [f"{goal.name} ({goal.type}): {text}" for text in schema_of(goal.type).problems(goal.inputs)]
            result = self._step(old, goal)
        else:
            result = Resource(goal=goal, id=goal.name if goal.custom else "")
        self.new[goal.urn] = result
        return result

    def finish(self) -> None:
        """Deletes what the program no longer registers, and what was replaced."""
        removed = [each for urn, each in self.old.items() if self._is_removed(urn)]
        self.errors += [
            f"{each.goal.name}: resource cannot be deleted because it is protected"
            for each in removed
            if each.goal.protect and not self.errors
        ]
        together = {each.goal.urn for each in removed}
        for each in in_worst_order([*removed, *self._pending], self.account):
            self._delete(each, "delete", goes_along=each.goal.deleted_with in together)
        lost = [each.goal.name for each in self.new.values() if _is_real(each) and not self.account.has(each)]
        if not self.errors:
            self.errors += [f"{name} was deleted in place of its predecessor" for name in lost]

    def _check_order(self, goal: Goal) -> None:
        if goal.urn in self.new:
            self.errors.append(f"{goal.name} is registered twice")
        self.errors += [f"{goal.name} came before {urn}" for urn in goal.needs if urn not in self.new]

    def _predecessor(self, goal: Goal) -> Resource | None:
        known = [self.old[urn] for urn in (goal.urn, *goal.aliases) if urn in self.old]
        if known and known[0].goal.urn != goal.urn:
            self._gone.add(known[0].goal.urn)  # it goes on under another name
        return known[0] if known else None

    def _is_removed(self, urn: str) -> bool:
        return _is_real(self.old[urn]) and urn not in self.new and urn not in self._gone

    def _step(self, old: Resource | None, goal: Goal) -> Resource:
        if old is None or goal.urn in self._gone:
            return self._create(old, goal)
        goal = replace(
            goal, inputs={**goal.inputs, **{name: old.goal.inputs.get(name) for name in goal.ignore_changes}}
        )
        changed = changed_inputs(goal.type, old.goal.inputs, goal.inputs)
        if changed & _replacing(goal):
            return self._replace(old, goal, changed)
        new = made(goal, old.generation)
        self._done("update" if changed else "same", goal, changed)
        if changed:
            self._try(lambda: self.account.update(old, new))
        return new

    def _create(self, old: Resource | None, goal: Goal) -> Resource:
        new = made(goal, old.generation + 1 if old else 0)
        self._done("create", goal)
        self._try(lambda: self.account.create(new))
        return new

    def _replace(self, old: Resource, goal: Goal, changed: set[str]) -> Resource:
        if old.goal.protect and goal.protect:
            self.errors.append(f"unable to replace {goal.name} as it is protected")
        self._done("replace", goal, changed)
        wanted = goal.delete_before_replace
        if kinds()[goal.type].goes_first(goal.inputs) if wanted is None else wanted:
            self._delete_first(old)
        else:
            self._pending.append(old)
        return self._create(old, goal)

    def _delete_first(self, old: Resource) -> None:
        for each in reversed([old, *self._replaced_with(old)]):
            if each is not old and each.goal.protect:
                self.errors.append(f"unable to replace {each.goal.name} with {old.goal.name} as it is protected")
            self._gone.add(each.goal.urn)
            self._delete(each, "delete first")

    def _replaced_with(self, root: Resource) -> list[Resource]:
        """Dependents that a change of what they get from the root, or from another of them, would replace."""
        found = {root.goal.urn: root}
        for urn, each in self.old.items():
            changing = {name for name, urns in each.goal.property_dependencies.items() if found.keys() & urns}
            if _is_real(each) and urn not in self.new and urn not in self._gone and changing & _replacing(each.goal):
                found[urn] = each
        return list(found.values())[1:]

    def _delete(self, resource: Resource, operation: Operation, *, goes_along: bool = False) -> None:
        kept = resource.goal.retain_on_delete
        self._done("keep" if kept else operation, resource.goal)
        if kept or goes_along:
            self._try(lambda: (self.account.keep if kept else self.account.forget)(resource))
        else:
            self._try(lambda: self.account.delete(resource))

    def _done(self, operation: Operation, goal: Goal, changed: set[str] | None = None) -> None:
        if not self.errors:
            self.steps.append(
                Step(operation=operation, type=goal.type, name=goal.name, inputs=frozenset(changed or ()))
            )

    def _try(self, call: Callable[[], None]) -> None:
        if not self.errors and not self.preview:
            try:
                call()
            except AwsError as error:
                self.errors.append(str(error))


def _replacing(goal: Goal) -> set[str]:
    return {*kinds()[goal.type].replaces, *goal.replace_on_changes}


def _is_real(resource: Resource) -> bool:
    """Whether it is a thing in the account: neither a component nor a provider."""
    return resource.goal.custom and not resource.goal.type.startswith("pulumi:providers:")
