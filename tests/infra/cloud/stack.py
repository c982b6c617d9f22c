"""A stack in the fake account, without the CLI: what `pulumi up` and `pulumi destroy` do to it, in this process.

A stack is never changed: each update gives another one, so tests may share one and go on from it in several ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.infra.cloud.account import Account
from tests.infra.cloud.engine import State, Update
from tests.infra.cloud.monitor import Monitor, Spoil
from tests.infra.cloud.resource import Goal
from tests.infra.cloud.step import Step
from tests.infra.conftest import as_config
from tests.infra.deployment import execute, whole_program


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Pulumi's state, and the account that it is about."""

    state: State = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    goals: tuple[Goal, ...] = ()
    """What the last program registered."""

    def up(self, settings: Mapping[str, Any] | None = None, *, spoil: Spoil = lambda goal: goal) -> Outcome:
        """Runs the program with the settings. A refused update leaves this stack as it is."""
        monitor = Monitor(self.start(), spoil=spoil, run=f"{len(self.state)}")
        execute(whole_program, monitor, preview=False, config=as_config(dict(settings or {})))
        return self.after(monitor)

    def again(self, *, spoil: Spoil = lambda goal: goal) -> Outcome:
        """Updates with what the last program registered, without running it."""
        update = self.start()
        for goal in self.goals:
            update.register(spoil(goal))
        return self._end(update, self.goals)

    def destroy(self) -> Outcome:
        """Deletes everything that isn't protected or retained."""
        return self._end(self.start(), ())

    def start(self, *, preview: bool = False) -> Update:
        """Begins an update, for a program that runs elsewhere."""
        return Update(self.state, self.account, preview=preview)

    def after(self, monitor: Monitor) -> Outcome:
        """Ends the update that the monitor was given."""
        return self._end(monitor.update, tuple(monitor.goals))

    def _end(self, update: Update, goals: tuple[Goal, ...]) -> Outcome:
        update.finish()
        stack = self if update.errors else Stack(state=update.new, account=update.account, goals=goals)
        return Outcome(stack=stack, steps=tuple(update.steps), errors=tuple(update.errors))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an update did, up to its first error."""

    stack: Stack
    steps: tuple[Step, ...]
    errors: tuple[str, ...]

    @property
    def changes(self) -> list[Step]:
        """Steps other than `same`."""
        return [step for step in self.steps if step.operation != "same"]

    def of(self, type_: str) -> dict[str, list[str]]:
        """Maps the names of the type's resources to what was done to them, in order."""
        done: dict[str, list[str]] = {}
        for step in self.changes:
            if step.type == type_:
                done.setdefault(step.name, []).append(step.operation)
        return done
