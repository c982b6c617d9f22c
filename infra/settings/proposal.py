"""Proposes what to change in a bad configuration: values to paste and keys to remove, tried out before they are said.

Whether a value is the cure can't be told from its key alone: a capacity must be set with one billing and removed with
the other. So each proposal is put into the configuration and checked; what doesn't help isn't offered.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel

from infra.base.section import Problem
from infra.settings.sections import Settings

Path = tuple[str, ...]
Check = Callable[[dict[str, Any]], list[Problem]]
"""Lists what is wrong with a configuration; it may change the one that it is given."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`values` as the stack's file nests them, without the namespace; `removals` are whole paths."""

    values: Mapping[str, Any]
    removals: tuple[Path, ...]

    def as_yaml(self, namespace: str) -> str:
        """Writes the values to paste."""
        config = {f"{namespace}:{key}": value for key, value in self.values.items()}
        return yaml.safe_dump({"config": config}, sort_keys=False, allow_unicode=True, width=100_000)

    def apply(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Makes the configuration in which it was followed."""
        changed = copy.deepcopy(dict(raw))
        for path in self.removals:
            _remove(changed, path)
        return _merged(changed, self.values)


def propose(raw: Mapping[str, Any], problems: Iterable[Problem], check: Check) -> Proposal:
    """Tries for each problem: the value under the name that was meant, an allowed value, no such key; or gives it up.

    What a cure brings up, a capacity that its mode requires, is cured as well.
    """
    left: dict[Path, list[Any]] = {}
    """For each key what is still to be tried, the present try first; nothing is left of one that is given up."""
    wrong = [problem.path for problem in problems]
    asked = {_key_of(path) for path in wrong}
    while True:
        for key in dict.fromkeys(map(_key_of, wrong)):
            if key in left:
                left[key] = left[key][1:]
                if key in asked:  # what its last try brought up may be no need of the next one
                    left = {other: tries for other, tries in left.items() if other in asked}
            else:
                left |= _tries(raw, key)
        proposal = _chosen(raw, {key: tries[0] for key, tries in left.items() if tries})
        found = [problem.path for problem in check(proposal.apply(raw))]
        wrong = [path for path in found if left.get(_key_of(path), True)]
        if not wrong:
            return proposal


def _chosen(raw: Mapping[str, Any], tries: Mapping[Path, Any]) -> Proposal:
    values = _nested({key: value for key, value in tries.items() if value is not _NONE})
    gone = sorted(key for key, value in tries.items() if value is _NONE)
    for key in gone:  # it may be below a value that is moved to another name
        _remove(values, key)
    return Proposal(values=values, removals=tuple(key for key in gone if _value(raw, key) is not _NONE))


def _tries(raw: Mapping[str, Any], key: Path) -> dict[Path, list[Any]]:
    """Gives what may help, for this key and the one that was meant."""
    if key[-1] in siblings(key):
        return {key: [*_allowed(key), *([] if _value(raw, key) is _NONE else [_NONE])]}
    meant = meant_by(key)
    if meant is None or _value(raw, meant) is not _NONE:
        return {key: [_NONE]}
    return {key: [_NONE], meant: [_value(raw, key), *_allowed(meant)]}


def meant_by(path: Path) -> Path | None:
    """Gives the path of the setting whose name is like this unknown one; None where none is."""
    close = difflib.get_close_matches(path[-1], siblings(path), n=1)
    return (*path[:-1], close[0]) if close else None


def siblings(path: Path) -> list[str]:
    """Lists the keys that there are beside, or in the place of, this one."""
    model = _model_at(path[:-1])
    return [] if model is None else list(type(model).model_fields)


def _key_of(path: Path) -> Path:
    """Cuts a problem's path after the key that can be changed: an element of a list is none."""
    for length in range(1, len(path)):
        if path[length - 1] not in siblings(path[:length]) or _model_at(path[:length]) is None:
            return path[:length]
    return path


def _model_at(path: Path) -> BaseModel | None:
    value: Any = Settings()
    for part in path:
        value = getattr(value, part, None) if isinstance(value, BaseModel) else None
    return value if isinstance(value, BaseModel) else None


def _allowed(path: Path) -> list[Any]:
    """Gives values for a setting: its example or its default, and another name where the default is one."""
    model = _model_at(path[:-1])
    if model is None or path[-1] not in type(model).model_fields:
        return []
    field, default = type(model).model_fields[path[-1]], getattr(model, path[-1])
    if isinstance(default, BaseModel):
        return [{}]
    examples = [yaml.safe_load(str(example)) for example in field.examples or ()]
    if examples or default is None:
        return examples
    return [default, f"{default}-2"] if isinstance(default, str) else [default]


_NONE = object()
"""Stands for no value: the key isn't there, or must go."""


def _value(raw: Mapping[str, Any], path: Path) -> Any:
    value: Any = raw
    for part in path:
        value = value.get(part, _NONE) if isinstance(value, dict) else _NONE
    return value


def _remove(raw: dict[str, Any], path: Path) -> None:
    above = _value(raw, path[:-1])
    if isinstance(above, dict):
        above.pop(path[-1], None)


def _nested(values: Mapping[Path, Any]) -> dict[str, Any]:
    """Puts values at their paths, the shorter paths first: what lies below one is added to it."""
    nested: dict[str, Any] = {}
    for path in sorted(values, key=len):
        value = copy.deepcopy(values[path])
        for part in reversed(path):
            value = {part: value}
        nested = _merged(nested, value)
    return nested


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged
