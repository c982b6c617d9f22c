"""Spoils a recorded graph, so that a rule can be seen to fail."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from tests.infra.deployment import Deployment, Registration

Rule = Callable[[Deployment], list[str]]
Spoil = Callable[[Deployment], None]
Fault = tuple[Rule, Spoil]


def change_first(graph: Deployment, type_: str, change: Callable[[Registration], Registration]) -> None:
    """Changes the first registration of the type."""
    for position, entry in enumerate(graph.registrations):
        if entry.type == type_:
            graph.registrations[position] = change(entry)
            return
    raise AssertionError(f"nothing of type {type_} to spoil")


def with_inputs(type_: str, **changed: Any) -> Spoil:
    """Changes inputs of the first registration of the type; None removes one."""

    def change(entry: Registration) -> Registration:
        merged = {**entry.inputs, **changed}
        return dataclasses.replace(entry, inputs={key: value for key, value in merged.items() if value is not None})

    return lambda graph: change_first(graph, type_, change)


def with_options(type_: str, **changed: Any) -> Spoil:
    """Changes options of the first registration of the type."""
    return lambda graph: change_first(graph, type_, lambda entry: dataclasses.replace(entry, **changed))


def without(graph: Deployment, type_: str, key: str, value: str) -> None:
    """Removes the registrations of the type whose input has the value."""
    graph.registrations = [e for e in graph.registrations if not (e.type == type_ and e.inputs.get(key) == value)]


def policy(action: str, resource: str) -> str:
    """Renders a policy of one statement."""
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": [action], "Resource": resource}]})


def with_inputs_of(type_: str, name: str, **changed: Any) -> Spoil:
    """Changes inputs of the named registration; None removes one."""

    def change(entry: Registration) -> Registration:
        merged = {**entry.inputs, **changed}
        return dataclasses.replace(entry, inputs={key: value for key, value in merged.items() if value is not None})

    return lambda graph: _change_named(graph, type_, name, change)


def with_options_of(type_: str, name: str, **changed: Any) -> Spoil:
    """Changes options of the named registration."""
    return lambda graph: _change_named(graph, type_, name, lambda entry: dataclasses.replace(entry, **changed))


def _change_named(graph: Deployment, type_: str, name: str, change: Callable[[Registration], Registration]) -> None:
    for position, entry in enumerate(graph.registrations):
        if (entry.type, entry.name) == (type_, name):
            graph.registrations[position] = change(entry)
            return
    raise AssertionError(f"no {name} of type {type_} to spoil")
