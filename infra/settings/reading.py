"""Reads the stack's configuration, the only place that does, and reports every problem in it at once.

An error comes before anything is registered, names each key, says what is allowed and shows the YAML to paste.
"""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi.runtime import config as stack_config
from pydantic import BaseModel, ValidationError

from infra.base.section import Problem
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
    settings, found = _validate(raw)
    problems += found
    reported = {problem.path for problem in problems}
    problems += [problem for problem in cross_field_problems(settings) if problem.path not in reported]
    if problems:
        raise SettingsError(_explain(config.name, problems))
    return settings


def _read(config: pulumi.Config) -> tuple[dict[str, Any], list[Problem]]:
    """Reads values as the models take them: scalars stay text, sections are parsed from the JSON that Pulumi gives."""
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
    known = ", ".join(Settings.model_fields)
    problems += [
        Problem(path=(key,), message=f"is not a setting; there are {known}") for key in _unknown_keys(config.name)
    ]
    return raw, problems


def _unknown_keys(namespace: str) -> list[str]:
    # Pulumi's Config has no listing; both places that it reads from are looked at.
    known = {**stack_config.get_config_env(), **stack_config.CONFIG.get()}
    names = [key.removeprefix(f"{namespace}:") for key in known if key.startswith(f"{namespace}:")]
    return sorted(name for name in names if name not in Settings.model_fields)


def _validate(raw: dict[str, Any]) -> tuple[Settings, list[Problem]]:
    """Validates with each bad value replaced by its default, so that the rules behind it are checked too."""
    problems: list[Problem] = []
    while True:
        try:
            return Settings.model_validate(raw), problems
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                path = tuple(str(part) for part in detail["loc"])
                problems.append(Problem(path=path, message=_message(detail["msg"], detail["input"], detail["type"])))
                _drop(raw, detail["loc"])


def _message(text: str, value: object, kind: str) -> str:
    if kind == "extra_forbidden":
        return "is not a setting"
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


def _explain(namespace: str, problems: list[Problem]) -> str:
    lines = [f"{len(problems)} problem(s) in the configuration of stack {pulumi.get_stack()!r}:", ""]
    lines += [f"  {namespace}:{'.'.join(problem.path)} {problem.message}" for problem in problems]
    lines += ["", f"In Pulumi.{pulumi.get_stack()}.yaml, for example (settings.example.yaml shows every setting):", ""]
    lines += _yaml(namespace, [problem for problem in problems if _default_at(problem.path) is not None])
    return "\n".join(lines)


def _yaml(namespace: str, problems: list[Problem]) -> list[str]:
    """Renders the named keys as nested YAML, each with a value that is allowed."""
    lines = ["  config:"]
    seen: set[tuple[str, ...]] = set()
    for problem in sorted(problems, key=lambda entry: entry.path):
        for depth in range(1, len(problem.path) + 1):
            path = problem.path[:depth]
            value = _default_at(path)
            if path in seen or value is None:
                continue
            seen.add(path)
            key = f"{namespace}:{path[0]}" if depth == 1 else path[-1]
            is_leaf = depth == len(problem.path) or value != _SECTION
            lines.append(f"    {'  ' * (depth - 1)}{key}: {value if is_leaf else ''}".rstrip())
    return lines


_SECTION = "{}"


def _default_at(path: tuple[str, ...]) -> str | None:
    """Returns a value that may be pasted at the path, or None where no such setting exists."""
    model: BaseModel = Settings()
    for position, part in enumerate(path):
        field = type(model).model_fields.get(part)
        if field is None:
            return None
        value = getattr(model, part)
        if isinstance(value, BaseModel):
            model = value
        elif field.examples:
            return str(field.examples[0])
        else:
            return json.dumps(value) if position == len(path) - 1 else None
    return _SECTION
