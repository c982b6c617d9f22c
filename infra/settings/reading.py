"""Reads the stack's configuration, the only place that does, and reports every problem in it at once.

An error comes before anything is registered, names each key, says what is allowed and shows the YAML to paste.
"""

from __future__ import annotations

import copy
import json
import textwrap
from typing import Any

import pulumi
from pulumi.runtime import config as stack_config
from pydantic import BaseModel, ValidationError

from infra.base.section import Problem
from infra.settings.proposal import meant_by, propose, siblings
from infra.settings.rules import cross_field_problems
from infra.settings.sections import Settings


class SettingsError(pulumi.RunError):
    """The stack's configuration can't be used; the message lists everything that has to change."""


def load_settings(config: pulumi.Config) -> Settings:
    """Returns the validated settings of this stack.

    Raises:
        SettingsError: with every problem of the configuration, not just the first.
    """
    raw, problems = _read(config)
    settings, found = _judge(copy.deepcopy(raw))
    problems += found
    if problems:
        raise SettingsError(_explain(config.name, raw, problems))
    return settings


def _read(config: pulumi.Config) -> tuple[dict[str, Any], list[Problem]]:
    """Reads values as the models take them: scalars stay text, sections are parsed from the JSON that Pulumi gives.

    Unknown keys stay: they are judged like those below a section.
    """
    raw: dict[str, Any] = {}
    problems = []
    for key, field in Settings.model_fields.items():
        text = config.get(key)
        if text is None:
            continue
        if not isinstance(field.get_default(call_default_factory=True), BaseModel | dict):
            raw[key] = text
            continue
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = None
        if isinstance(value, dict):
            raw[key] = value
        else:
            problems.append(Problem(path=(key,), message=f"is {text!r}, but must be a mapping of keys to values"))
    raw |= {key: _parsed(config.get(key)) for key in _unknown_keys(config.name)}
    return raw, problems


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except json.JSONDecodeError:
        return text


def _unknown_keys(namespace: str) -> list[str]:
    # Pulumi's Config has no listing; both places that it reads from are looked at.
    known = {**stack_config.get_config_env(), **stack_config.CONFIG.get()}
    names = [key.removeprefix(f"{namespace}:") for key in known if key.startswith(f"{namespace}:")]
    return sorted(name for name in names if name not in Settings.model_fields)


def _judge(raw: dict[str, Any]) -> tuple[Settings, list[Problem]]:
    settings, problems = _validate(raw)
    reported = {problem.path for problem in problems}
    return settings, problems + [each for each in cross_field_problems(settings) if each.path not in reported]


def _validate(raw: dict[str, Any]) -> tuple[Settings, list[Problem]]:
    """Validates with each bad value replaced by its default, so that the rules behind it are checked too."""
    problems: list[Problem] = []
    while True:
        try:
            return Settings.model_validate(raw), problems
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                path = tuple(str(part) for part in detail["loc"])
                unknown = detail["type"] == "extra_forbidden"
                message = _unknown(path) if unknown else _refused(detail["msg"], detail["input"])
                problems.append(Problem(path=path, message=message))
                _drop(raw, detail["loc"])


def _unknown(path: tuple[str, ...]) -> str:
    meant = meant_by(path)
    return "is not a setting; " + (f"did you mean {meant[-1]}?" if meant else f"there are {', '.join(siblings(path))}")


def _refused(text: str, value: object) -> str:
    text = text.removeprefix("Value error, ")
    return f"is {value!r}: {text[0].lower()}{text[1:]}"


def _drop(raw: dict[str, Any], location: tuple[int | str, ...]) -> None:
    """Removes the value at the location, or the nearest mapping entry above it."""
    target: Any = raw
    for position, part in enumerate(location):
        inner = target[part] if isinstance(target, dict) and part in target else None
        if position == len(location) - 1 or not isinstance(inner, dict):
            target.pop(part, None)
            return
        target = inner


def _explain(namespace: str, raw: dict[str, Any], problems: list[Problem]) -> str:
    proposal = propose(raw, problems, lambda changed: _judge(changed)[1])
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    lines = [f"{len(problems)} problem(s) in the configuration of stack {pulumi.get_stack()!r}:", ""]
    lines += [f"  {namespace}:{'.'.join(problem.path)} {problem.message}" for problem in problems]
    if proposal.removals:
        names = ", ".join(f"{namespace}:{'.'.join(path)}" for path in proposal.removals)
        lines += ["", f"Remove from {file}: {names}"]
    if proposal.values:
        lines += ["", f"Put into {file}, for example (settings.example.yaml shows every setting):", ""]
        lines += textwrap.indent(proposal.as_yaml(namespace), "  ").splitlines()
    return "\n".join(lines)
